#include "app/env_value.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace objectstore {
namespace {

constexpr std::string_view blanks = " \t\r\n";
// Deeper inline values are taken as text: the parser recurses.
constexpr int max_depth = 32;

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end) return std::nullopt;
  return value;
}

void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0U | code_point >> 6U);
    put(0x80U | (code_point & 0x3FU));
  } else if (code_point < 0x10000) {
    put(0xE0U | code_point >> 12U);
    put(0x80U | (code_point >> 6U & 0x3FU));
    put(0x80U | (code_point & 0x3FU));
  } else {
    put(0xF0U | code_point >> 18U);
    put(0x80U | (code_point >> 12U & 0x3FU));
    put(0x80U | (code_point >> 6U & 0x3FU));
    put(0x80U | (code_point & 0x3FU));
  }
}

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

// A recursive-descent parser over one variable's text; nullopt means "not of this form".
class EnvParser {
 public:
  EnvParser(std::string_view text, const std::string& origin, std::vector<std::string>& duplicates)
      : rest_(text), origin_(origin), duplicates_(duplicates) {}

  // The whole text as a quoted, list or dictionary value.
  std::optional<ConfigValue> structured() {
    auto parsed = value(0);
    if (!parsed || !rest_.empty()) return std::nullopt;
    return parsed;
  }

  ConfigValue plain(std::string_view text) const {
    if (text == "true" || text == "false") return node(text == "true");
    if (const auto number = parse_number<std::uint64_t>(text)) return node(*number);
    if (const auto number = parse_number<std::int64_t>(text)) return node(*number);
    if (text.find('.') != std::string_view::npos) {
      if (const auto number = parse_number<double>(text)) return node(*number);
    }
    return node(std::string(text));
  }

 private:
  ConfigValue node(ConfigValue::Data data) const { return {std::move(data), origin_}; }

  void skip_blanks() {
    const auto first = rest_.find_first_not_of(blanks);
    rest_.remove_prefix(first == std::string_view::npos ? rest_.size() : first);
  }

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::optional<ConfigValue> value(int depth) {
    if (depth > max_depth) return std::nullopt;
    skip_blanks();
    std::optional<ConfigValue> parsed;
    if (take('[')) {
      parsed = list(depth);
    } else if (take('{')) {
      parsed = dictionary(depth);
    } else if (take('"')) {
      if (auto text = quoted()) parsed = node(std::move(*text));
    } else if (take('\'')) {
      parsed = character();
    } else {
      parsed = item();
    }
    skip_blanks();
    return parsed;
  }

  std::optional<ConfigValue> list(int depth) {
    ConfigValue::List items;
    for (;;) {
      skip_blanks();
      if (take(']')) return node(std::move(items));
      auto element = value(depth + 1);
      if (!element) return std::nullopt;
      items.push_back(std::move(*element));
      if (!take(',') && !rest_.starts_with(']')) return std::nullopt;
    }
  }

  std::optional<ConfigValue> dictionary(int depth) {
    ConfigValue::Map members;
    for (;;) {
      skip_blanks();
      if (take('}')) return node(std::move(members));
      auto name = key();
      skip_blanks();
      if (!name || !take('=')) return std::nullopt;
      auto member = value(depth + 1);
      if (!member) return std::nullopt;
      if (members.contains(*name)) duplicates_.push_back(*name);
      members.insert_or_assign(std::move(*name), std::move(*member));
      if (!take(',') && !rest_.starts_with('}')) return std::nullopt;
    }
  }

  std::optional<std::string> key() {
    if (take('"')) return quoted();
    std::size_t length = 0;
    while (length < rest_.size() && is_key_character(rest_[length]))
      ++length;
    if (length == 0) return std::nullopt;
    std::string name(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return name;
  }

  std::optional<ConfigValue> item() {
    const auto text = trim(rest_.substr(0, rest_.find_first_of(",{}[]")));
    if (text.empty()) return std::nullopt;
    rest_.remove_prefix(std::min(rest_.find_first_of(",{}[]"), rest_.size()));
    return plain(text);
  }

  // One character in apostrophes; the opening one is taken.
  std::optional<ConfigValue> character() {
    std::size_t length = rest_.empty() ? 0 : 1;
    while (length < rest_.size() && (static_cast<unsigned char>(rest_[length]) & 0xC0U) == 0x80U) {
      ++length;
    }
    if (length == 0) return std::nullopt;
    std::string text(rest_.substr(0, length));
    rest_.remove_prefix(length);
    if (!take('\'')) return std::nullopt;
    return node(std::move(text));
  }

  // The rest of a quoted string; the opening quote is taken.
  std::optional<std::string> quoted() {
    std::string out;
    for (;;) {
      if (rest_.empty()) return std::nullopt;
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return out;
      if (c != '\\') {
        out += c;
      } else if (!escape(out)) {
        return std::nullopt;
      }
    }
  }

  bool escape(std::string& out) {
    if (rest_.empty()) return false;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    constexpr std::string_view letters = "btnfr\"\\";
    constexpr std::string_view meanings = "\b\t\n\f\r\"\\";
    if (const auto at = letters.find(c); at != std::string_view::npos) {
      out += meanings[at];
      return true;
    }
    if (c == 'u') return code_point(out, 4);
    if (c == 'U') return code_point(out, 8);
    return false;
  }

  bool code_point(std::string& out, std::size_t digits) {
    if (rest_.size() < digits) return false;
    const auto text = rest_.substr(0, digits);
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value, 16);
    if (error != std::errc() || end != text.data() + digits) return false;
    if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return false;
    append_utf8(out, value);
    rest_.remove_prefix(digits);
    return true;
  }

  std::string_view rest_;
  const std::string& origin_;
  std::vector<std::string>& duplicates_;
};

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

ConfigValue parse_env_value(std::string_view text, const std::string& origin,
                            std::vector<std::string>* duplicates) {
  text = trim(text);
  std::vector<std::string> repeated;
  EnvParser parser(text, origin, repeated);
  constexpr std::string_view openers = "[{\"'";
  if (!text.empty() && openers.find(text.front()) != std::string_view::npos) {
    if (auto value = parser.structured()) {
      if (duplicates != nullptr) {
        duplicates->insert(duplicates->end(), repeated.begin(), repeated.end());
      }
      return std::move(*value);
    }
    return {std::string(text), origin};
  }
  return parser.plain(text);
}

std::vector<std::string> env_key_levels(std::string_view name) {
  std::string lower(name);
  for (char& c : lower)
    c = to_lower(c);
  if (!lower.starts_with("os__")) return {};
  std::string_view rest(lower);
  rest.remove_prefix(4);
  std::vector<std::string> levels;
  for (;;) {
    const auto end = rest.find("__");
    const auto level = rest.substr(0, end);
    if (level.empty()) return {};
    levels.emplace_back(level);
    if (end == std::string_view::npos) return levels;
    rest.remove_prefix(end + 2);
  }
}

ConfigValue config_from_environment(const Environment& environment,
                                    std::vector<ConfigProblem>& errors) {
  ConfigValue root{ConfigValue::Map{}, "environment"};
  for (const auto& [name, text] : environment) {
    const auto levels = env_key_levels(name);
    if (levels.empty()) continue;
    std::vector<std::string> duplicates;
    ConfigValue value = parse_env_value(text, name, &duplicates);
    std::string path;
    for (const auto& level : levels)
      path = join_key(path, level);
    for (const auto& key : duplicates) {
      errors.push_back({path, name, "key \"" + key + "\" is given twice"});
    }
    for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
      ConfigValue::Map parent;
      parent.emplace(*level, std::move(value));
      value = ConfigValue{std::move(parent), name};
    }
    merge_config(root, std::move(value));
  }
  return root;
}

}  // namespace objectstore
