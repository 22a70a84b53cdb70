// Members of the JSON that GCS answers with: numbers are strings there.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace objectstore {

// Null where the text is no JSON object.
[[nodiscard]] nlohmann::json parse_json_object(std::string_view text);
// Empty where the member is missing or no string.
[[nodiscard]] std::string json_text(const nlohmann::json& object, const char* member);
// nullopt where it is missing or no unsigned number in a string.
[[nodiscard]] std::optional<std::uint64_t> json_number(const nlohmann::json& object,
                                                       const char* member);

}  // namespace objectstore
