// The text by which a scrub goes on where it has stopped.
#include "maintenance/scrub_position.h"

#include "fuzz.h"

namespace objectstore {

FUZZ_TARGET(input) {
  if (const auto position = parse_position(input); position.ok()) {
    FUZZ_CHECK(encode_position(*position) == input);
  } else {
    FUZZ_CHECK(position.error().code() == ErrorCode::invalid_argument);
    FUZZ_CHECK(position.error().message().size() < 256);
  }
  fuzz::Input in(input);
  ScrubPosition position;
  position.phase =
      static_cast<ScrubPhase>(in.below(static_cast<std::size_t>(last_scrub_phase) + 1));
  position.from = in.rest();
  const auto text = encode_position(position);
  FUZZ_CHECK(!fuzz::has_control(text) && text.find_first_of(" \t") == std::string::npos);
  const auto again = parse_position(text);
  FUZZ_CHECK(again.ok() && *again == position);
}

}  // namespace objectstore
