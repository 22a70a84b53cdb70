// Ids and revisions: what is accepted is written back as the same text.
#include "base/uuid.h"

#include "fuzz.h"
#include "model/object_id.h"
#include "model/text.h"

namespace objectstore {

FUZZ_TARGET(input) {
  if (const auto id = Uuid::parse(input)) {
    std::string lower(input);
    std::transform(lower.begin(), lower.end(), lower.begin(), to_lower_ascii);
    FUZZ_CHECK(id->str() == lower);
    FUZZ_CHECK(Uuid::from_bytes(id->bytes()) == id);
  }
  if (const auto id = Uuid::from_bytes(input)) {
    FUZZ_CHECK(id->bytes() == input);
    FUZZ_CHECK(Uuid::parse(id->str()) == id);
  }
  if (const auto revision = Revision::parse(input)) {
    FUZZ_CHECK(revision->path() == input);
    FUZZ_CHECK(!revision->object_path().empty());
    FUZZ_CHECK(Uuid::parse(input.substr(input.size() - 36)) == revision->id());
  }

  fuzz::Input in(input);
  const auto ms = in.number<std::uint64_t>() & 0xffff'ffff'ffffULL;
  const auto made = Uuid::v7(ms, in.number<std::uint64_t>(), in.number<std::uint64_t>());
  FUZZ_CHECK(made.unix_ms() == ms);
  FUZZ_CHECK(made.str()[14] == '7');
  FUZZ_CHECK(Uuid::parse(made.str()) == made);
}

}  // namespace objectstore
