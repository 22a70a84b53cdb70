// JSON that is read in one way only: a token must not mean one thing to its issuer's library and
// another here.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace objectstore {

// nullopt: no JSON object, or one that anywhere has a name twice, or is nested more deeply than any
// token.
[[nodiscard]] std::optional<nlohmann::json> parse_strict_json_object(std::string_view text);

}  // namespace objectstore
