// Percent-decoding, and UTF-8 compared with the JSON library's idea of it.
#include "base/percent.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "fuzz.h"

namespace objectstore {
namespace {

bool json_takes(std::string_view text) {
  try {
    (void)nlohmann::json(text).dump();
    return true;
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

}  // namespace

FUZZ_TARGET(input) {
  const auto decoded = percent_decode(input);
  FUZZ_CHECK(decoded.size() <= input.size());
  if (input.find('%') == std::string_view::npos) FUZZ_CHECK(decoded == input);

  std::string encoded;
  for (const char c : input)
    encoded += fmt::format("%{:02X}", static_cast<std::uint8_t>(c));
  FUZZ_CHECK(percent_decode(encoded) == input);

  FUZZ_CHECK(is_utf8(input) == json_takes(input));
  FUZZ_CHECK(is_utf8(decoded) == json_takes(decoded));
}

}  // namespace objectstore
