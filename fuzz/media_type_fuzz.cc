// Media types: essence and parameters are judged apart from each other.
#include "model/media_type.h"

#include <array>

#include "fuzz.h"

namespace objectstore {

FUZZ_TARGET(input) {
  const auto checked = check_media_type(input);
  if (!checked.ok()) {
    constexpr std::array<std::string_view, 6> messages = {
        "Invalid type name", "Invalid subtype name", "Invalid suffix",
        "Invalid params",    "Invalid param name",   "Invalid param value"};
    FUZZ_CHECK(std::count(messages.begin(), messages.end(), checked.error().message()) == 1);
    return;
  }
  const auto essence = input.substr(0, input.find_first_of("; \t"));
  FUZZ_CHECK(check_media_type(essence).ok());
  FUZZ_CHECK(!fuzz::has_control(essence));
  FUZZ_CHECK(std::count(essence.begin(), essence.end(), '/') == 1);
  FUZZ_CHECK(essence.size() <= 2 * 127 + 2 + 127);

  // One more parameter is fine, one that is none is not.
  std::string more(input);
  const auto last = more.find_last_not_of(" \t");
  if (more[last] != ';') more += ';';
  FUZZ_CHECK(check_media_type(more).ok());
  FUZZ_CHECK(check_media_type(more + " a=\"b\\\"c\"").ok());
  FUZZ_CHECK(!check_media_type(more + ";").ok());
  FUZZ_CHECK(!check_media_type(more + "a=").ok());
}

}  // namespace objectstore
