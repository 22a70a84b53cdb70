// base64url without padding (RFC 4648, section 5): the parts of a JWT.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace objectstore {

[[nodiscard]] std::string base64url_encode(std::string_view bytes);
// nullopt: padding, a letter of another alphabet, a length or trailing bits that no encoder makes.
[[nodiscard]] std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace objectstore
