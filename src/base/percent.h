// Percent-encoding of URLs (RFC 3986).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace objectstore {

// Decodes each %XX once, and no '+'; an incomplete or non-hexadecimal escape stays as it is.
[[nodiscard]] std::string percent_decode(std::string_view text);

// The same for application/x-www-form-urlencoded text: '+' is a blank.
[[nodiscard]] std::string form_decode(std::string_view text);

// What may stay as it is besides ASCII letters and digits:
namespace percent_plain {
inline constexpr std::string_view unreserved = "-._~";  // RFC 3986: right everywhere in a URL
inline constexpr std::string_view path = "-._~/";       // a whole path of unreserved characters
inline constexpr std::string_view form = "-._";         // application/x-www-form-urlencoded
}  // namespace percent_plain

// Every other byte as %XX, in upper case.
[[nodiscard]] std::string percent_encode(std::string_view text, std::string_view plain);

// Whether `text` is well-formed UTF-8 (no surrogates, no overlong forms).
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace objectstore
