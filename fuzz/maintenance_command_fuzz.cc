// Commands on the control socket: what is accepted is said again as the same command.
#include "app/maintenance_protocol.h"

#include "fuzz.h"

namespace objectstore {

FUZZ_TARGET(input) {
  const auto command = decode_command(input);
  if (!command.ok()) {
    FUZZ_CHECK(command.error().code() == ErrorCode::invalid_argument);
    FUZZ_CHECK(command.error().message().size() < 128 + input.size());
    return;
  }
  const auto line = encode_command(*command);
  FUZZ_CHECK(line.find('\n') == std::string::npos);
  const auto again = decode_command(line);
  FUZZ_CHECK(again.ok() && again->index() == command->index());
  FUZZ_CHECK(encode_command(*again) == line);
  if (const auto* scrub = std::get_if<ScrubOptions>(&*command)) {
    FUZZ_CHECK(scrub->young >= Duration::zero());
  }
}

}  // namespace objectstore
