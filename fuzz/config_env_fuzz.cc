// Configuration from the environment: `NAME=value` lines. A value and what it means, written as an
// inline value and as YAML, are the same to both readers.
#include <fmt/format.h>

#include "app/config_load.h"
#include "app/config_yaml.h"
#include "base/percent.h"
#include "fuzz.h"

namespace objectstore {
namespace {

bool is_zero(const ConfigValue& value) {
  const auto* whole = std::get_if<std::uint64_t>(&value.data);
  const auto* with_sign = std::get_if<std::int64_t>(&value.data);
  return (whole != nullptr && *whole == 0) || (with_sign != nullptr && *with_sign == 0);
}

bool equal(const ConfigValue& a, const ConfigValue& b) {
  if (is_zero(a) && is_zero(b)) return true;  // "-0"
  if (a.data.index() != b.data.index()) return false;
  if (const auto* list = std::get_if<ConfigValue::List>(&a.data)) {
    return std::equal(list->begin(), list->end(), std::get<ConfigValue::List>(b.data).begin(),
                      std::get<ConfigValue::List>(b.data).end(), equal);
  }
  if (const auto* members = a.map()) {
    return std::equal(members->begin(), members->end(), b.map()->begin(), b.map()->end(),
                      [](const auto& left, const auto& right) {
                        return left.first == right.first && equal(left.second, right.second);
                      });
  }
  return std::visit(
      [&](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, ConfigValue::List> || std::is_same_v<T, ConfigValue::Map>) {
          return true;
        } else {
          return value == std::get<T>(b.data);
        }
      },
      a.data);
}

// Writes values as both grammars have them; only the sign behind a key differs.
class Writer {
 public:
  explicit Writer(std::string_view after_key) : after_key_(after_key) {}

  std::string text(const ConfigValue& value) {
    return std::visit([&](const auto& data) { return write(data); }, value.data);
  }

 private:
  std::string write(std::monostate) { return "null"; }
  std::string write(bool value) { return value ? "true" : "false"; }
  std::string write(std::int64_t value) { return std::to_string(value); }
  std::string write(std::uint64_t value) { return std::to_string(value); }
  std::string write(double value) {
    auto text = fmt::format("{}", value);
    if (text.find('.') == std::string::npos) {
      text.insert(std::min(text.find('e'), text.size()), ".0");
    }
    return text;
  }
  std::string write(const std::string& value) {
    std::string out = "\"";
    for (const char c : value) {
      const auto byte = static_cast<std::uint8_t>(c);
      if (byte < 0x20 || byte == 0x7f) {
        out += fmt::format("\\u{:04x}", byte);
      } else {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
      }
    }
    return out + '"';
  }
  std::string write(const ConfigValue::List& items) {
    std::string out = "[";
    for (const auto& item : items)
      out += (out.size() > 1 ? ", " : "") + text(item);
    return out + "]";
  }
  std::string write(const ConfigValue::Map& members) {
    std::string out = "{";
    for (const auto& [key, member] : members)
      out += (out.size() > 1 ? ", " : "") + write(key) + after_key_ + text(member);
    return out + "}";
  }

  std::string after_key_;
};

void check_value(std::string_view text) {
  std::vector<std::string> duplicates;
  const auto value = parse_env_value(text, "OS__A", &duplicates);
  const auto again = parse_env_value(Writer("=").text(value), "OS__A", &duplicates);
  FUZZ_CHECK(equal(again, value));

  if (!is_utf8(text)) return;
  // What YAML does not take as it is.
  for (const auto* special : {"\xc2", "\xef\xbb\xbf", "\xe2\x80", "\xef\xbf"}) {
    if (text.find(special) != std::string_view::npos) return;
  }
  std::vector<ConfigProblem> errors;
  const auto yaml = config_from_yaml("{\"a\": " + Writer(": ").text(value) + "}", "c.yaml", errors);
  FUZZ_CHECK(errors.empty());
  FUZZ_CHECK(equal(yaml.map()->at("a"), value));
}

void check_name(std::string_view name) {
  const auto levels = env_key_levels(name);
  if (levels.empty()) return;
  std::string rebuilt = "os";
  for (const auto& level : levels) {
    FUZZ_CHECK(!level.empty());
    rebuilt += "__" + level;
  }
  FUZZ_CHECK(rebuilt.size() == name.size());
  FUZZ_CHECK(env_key_levels(rebuilt) == levels);
}

}  // namespace

FUZZ_TARGET(input) {
  Environment environment;
  for (auto rest = input; !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const auto name = line.substr(0, line.find('='));
    const auto value = line.substr(std::min(name.size() + 1, line.size()));
    check_name(name);
    check_value(value);
    environment.emplace(name, value);
  }
  const auto load = load_config_text("", "none", environment);
  for (const auto& problem : load.errors)
    FUZZ_CHECK(!problem.text.empty());
}

}  // namespace objectstore
