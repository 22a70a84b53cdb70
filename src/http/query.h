// The query of a request as application/x-www-form-urlencoded pairs (http-api.md section 10.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace objectstore {

// The decoded value of the only pair of that name, or nullopt. invalid_argument, with the text that
// follows "Failed to deserialize query string: ", where there are several.
[[nodiscard]] Result<std::optional<std::string>> query_value(std::string_view query,
                                                             std::string_view name);
// The same for one that must be there.
[[nodiscard]] Result<std::string> required_query_value(std::string_view query,
                                                       std::string_view name);

// A decimal number in [least, 2^32).
[[nodiscard]] Result<std::optional<std::uint32_t>> query_number(std::string_view query,
                                                                std::string_view name,
                                                                std::uint32_t least);

}  // namespace objectstore
