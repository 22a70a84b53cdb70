// The value tree that configuration sources are read into before it is bound to the structs of
// app/config.h. Each node remembers where it came from, for messages.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace objectstore {

struct ConfigValue {
  using List = std::vector<ConfigValue>;
  using Map = std::map<std::string, ConfigValue>;
  // Integers are int64 where they are negative, uint64 else.
  using Data = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string,
                            List, Map>;

  Data data;
  // "path/of/file.yaml:12", or the name of an environment variable.
  std::string origin;

  [[nodiscard]] const Map* map() const { return std::get_if<Map>(&data); }
  [[nodiscard]] Map* map() { return std::get_if<Map>(&data); }
  // What the value is, for messages: "a string", "null".
  [[nodiscard]] std::string_view type_name() const;
};

// Lays `over` on `base`: dictionaries merge key by key, everything else is replaced.
void merge_config(ConfigValue& base, ConfigValue over);

// One thing wrong with, or odd about, the configuration.
struct ConfigProblem {
  std::string key;     // path of the key concerned, "storage.type"; empty for a whole source
  std::string origin;  // as in ConfigValue; empty where nothing was given
  std::string text;

  // "storage.type (config.yaml:3): unknown value"
  [[nodiscard]] std::string str() const;
  friend bool operator==(const ConfigProblem&, const ConfigProblem&) = default;
};

// "a.b" from "a" and "b"; either may be empty.
[[nodiscard]] std::string join_key(std::string_view parent, std::string_view key);

}  // namespace objectstore
