// Percent-encoding of URL paths (RFC 3986). No '+' handling.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace objectstore {

// Decodes each %XX once; an incomplete or non-hexadecimal escape stays as it is.
[[nodiscard]] std::string percent_decode(std::string_view text);
// Whether `text` is well-formed UTF-8 (no surrogates, no overlong forms).
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace objectstore
