#include "backends/gcs/json_members.h"

#include <charconv>
#include <nlohmann/json.hpp>

namespace objectstore {

nlohmann::json parse_json_object(std::string_view text) {
  auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  return json.is_object() ? json : nlohmann::json();
}

std::string json_text(const nlohmann::json& object, const char* member) {
  const auto found = object.find(member);
  if (found == object.end() || !found->is_string()) return {};
  return found->get<std::string>();
}

std::optional<std::uint64_t> json_number(const nlohmann::json& object, const char* member) {
  const auto text = json_text(object, member);
  const char* const end = text.data() + text.size();
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return number;
}

}  // namespace objectstore
