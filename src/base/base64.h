// base64 with padding (RFC 4648, section 4): digests in HTTP headers, S3 and GCS.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace objectstore {

[[nodiscard]] std::string base64_encode(std::string_view bytes);
// nullopt: what no encoder makes (padding that is missing or too much, another alphabet, blanks).
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

}  // namespace objectstore
