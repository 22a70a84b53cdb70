#include "app/config_value.h"

#include <array>
#include <utility>

namespace objectstore {

std::string_view ConfigValue::type_name() const {
  constexpr std::array<std::string_view, std::variant_size_v<Data>> names = {
      "null",     "a boolean", "a negative integer", "an integer", "a float",
      "a string", "a list",    "a dictionary"};
  return names[data.index()];
}

void merge_config(ConfigValue& base, ConfigValue over) {
  auto* const below = base.map();
  auto* const above = over.map();
  if (below == nullptr || above == nullptr) {
    base = std::move(over);
    return;
  }
  for (auto& [key, value] : *above) {
    const auto found = below->find(key);
    if (found == below->end()) {
      below->emplace(key, std::move(value));
    } else {
      merge_config(found->second, std::move(value));
    }
  }
}

std::string ConfigProblem::str() const {
  std::string out = key;
  if (!origin.empty()) out += key.empty() ? origin : " (" + origin + ")";
  if (!out.empty()) out += ": ";
  return out + text;
}

std::string join_key(std::string_view parent, std::string_view key) {
  std::string out(parent);
  if (!parent.empty() && !key.empty()) out += '.';
  out += key;
  return out;
}

}  // namespace objectstore
