#include "app/config_yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <sstream>
#include <utility>

namespace objectstore {
namespace {

constexpr int max_depth = 64;
// Bounds what a few lines of aliases can expand to.
constexpr int max_nodes = 100'000;

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

template <class T>
std::optional<T> whole_number(std::string_view text, int base) {
  T value{};
  const auto* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc() || rest != end) return std::nullopt;
  return value;
}

// [-+]?digits, 0o…, 0x…; integers beyond 64 bits become floats, which no integer key accepts.
std::optional<ConfigValue::Data> core_integer(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0o")) {
    const auto number = whole_number<std::uint64_t>(text.substr(2), text[1] == 'x' ? 16 : 8);
    if (number) return *number;
    return std::nullopt;
  }
  const bool negative = text.starts_with('-');
  const auto digits = text.substr(negative || text.starts_with('+') ? 1 : 0);
  if (!all_digits(digits)) return std::nullopt;
  if (const auto number = whole_number<std::uint64_t>(digits, 10)) {
    if (!negative || *number == 0) return *number;
    if (const auto below = whole_number<std::int64_t>(text, 10)) return *below;
  }
  return std::nullopt;
}

std::optional<double> core_float(std::string_view text) {
  const bool negative = text.starts_with('-');
  const auto rest = text.substr(negative || text.starts_with('+') ? 1 : 0);
  const double sign = negative ? -1.0 : 1.0;
  if (rest == ".inf" || rest == ".Inf" || rest == ".INF") {
    return sign * std::numeric_limits<double>::infinity();
  }
  if (text == ".nan" || text == ".NaN" || text == ".NAN") {
    return std::numeric_limits<double>::quiet_NaN();
  }
  // from_chars also takes "inf", "nan" and a second sign.
  if (rest.empty() || rest.find_first_not_of("0123456789.eE+-") != std::string_view::npos) {
    return std::nullopt;
  }
  if (rest[0] != '.' && (rest[0] < '0' || rest[0] > '9')) return std::nullopt;
  double value = 0;
  const auto* const end = rest.data() + rest.size();
  const auto [stop, error] = std::from_chars(rest.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return sign * value;
}

ConfigValue::Data core_scalar(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return {};
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (auto number = core_integer(text)) return std::move(*number);
  if (const auto number = core_float(text)) return *number;
  return text;
}

// Notes where the content of a document begins.
class FirstMark final : public YAML::EventHandler {
 public:
  [[nodiscard]] const YAML::Mark& mark() const { return mark_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    mark_ = mark;
    inside_ = false;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { note(mark); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { note(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string&) override {
    note(mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    note(mark);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    note(mark);
  }
  void OnMapEnd() override {}

 private:
  void note(const YAML::Mark& mark) {
    if (!std::exchange(inside_, true)) mark_ = mark;
  }
  YAML::Mark mark_;
  bool inside_ = false;
};

// Where a second document is. Not by YAML::LoadAll(), which in yaml-cpp 0.7 takes a text such as
// "," for documents without end.
std::optional<YAML::Mark> second_document(const std::string& text) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  FirstMark first;
  for (int documents = 0; documents < 2; ++documents) {
    if (!parser.HandleNextDocument(first)) return std::nullopt;
  }
  return first.mark();
}

class YamlReader {
 public:
  YamlReader(std::string_view name, std::vector<ConfigProblem>& errors)
      : name_(name), errors_(errors) {}

  [[nodiscard]] std::string origin(const YAML::Mark& mark) const {
    return mark.is_null() ? name_ : name_ + ":" + std::to_string(mark.line + 1);
  }

  ConfigValue read(const YAML::Node& node, const std::string& path, int depth) {
    ConfigValue value{{}, origin(node.Mark())};
    if (depth > max_depth || ++nodes_ > max_nodes) {
      // Told once: a hundred thousand lines of the same help nobody.
      if (!std::exchange(too_large_, true)) fail(path, value.origin, "nested or repeated too much");
      return value;
    }
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        value.data = scalar(node, path, value.origin);
        break;
      case YAML::NodeType::Sequence:
        value.data = sequence(node, path, depth);
        break;
      case YAML::NodeType::Map:
        value.data = mapping(node, path, depth);
        break;
      case YAML::NodeType::Null:
      case YAML::NodeType::Undefined:
        break;
    }
    return value;
  }

 private:
  void fail(const std::string& path, std::string where, std::string text) {
    errors_.push_back({path, std::move(where), std::move(text)});
  }

  ConfigValue::Data scalar(const YAML::Node& node, const std::string& path,
                           const std::string& where) {
    const auto& tag = node.Tag();
    // "!" marks a quoted or block scalar.
    if (tag == "!" || tag == "tag:yaml.org,2002:str") return node.Scalar();
    if (tag.empty() || tag == "?") return core_scalar(node.Scalar());
    fail(path, where, "tag " + tag + " is not supported");
    return {};
  }

  ConfigValue::Data sequence(const YAML::Node& node, const std::string& path, int depth) {
    ConfigValue::List items;
    for (const auto& item : node) {
      if (too_large_) break;
      items.push_back(read(item, path + "[" + std::to_string(items.size()) + "]", depth + 1));
    }
    return items;
  }

  ConfigValue::Data mapping(const YAML::Node& node, const std::string& path, int depth) {
    ConfigValue::Map members;
    for (const auto& entry : node) {
      if (too_large_) break;
      const auto where = origin(entry.first.Mark());
      if (!entry.first.IsScalar()) {
        fail(path, where, "a key must be a plain word");
        continue;
      }
      const auto& key = entry.first.Scalar();
      const auto child = join_key(path, key);
      auto value = read(entry.second, child, depth + 1);
      // The key's line, not the value's: that is where one looks for it.
      value.origin = where;
      const auto [place, added] = members.emplace(key, std::move(value));
      if (!added) fail(child, where, "duplicate key, given before at " + place->second.origin);
    }
    return members;
  }

  std::string name_;
  std::vector<ConfigProblem>& errors_;
  int nodes_ = 0;
  bool too_large_ = false;
};

}  // namespace

ConfigValue config_from_yaml(const std::string& text, std::string_view name,
                             std::vector<ConfigProblem>& errors) {
  ConfigValue empty{ConfigValue::Map{}, std::string(name)};
  YamlReader reader(name, errors);
  try {
    if (const auto second = second_document(text)) {
      errors.push_back({"", reader.origin(*second), "more than one YAML document"});
    }
    auto root = reader.read(YAML::Load(text), "", 0);
    if (std::holds_alternative<std::monostate>(root.data)) return empty;
    if (root.map() == nullptr) {
      errors.push_back({"", root.origin, "expected a dictionary at the top"});
      return empty;
    }
    return root;
  } catch (const YAML::Exception& e) {
    errors.push_back({"", reader.origin(e.mark), "invalid YAML: " + e.msg});
  } catch (const std::exception& e) {
    errors.push_back({"", std::string(name), std::string("invalid YAML: ") + e.what()});
  }
  return empty;
}

}  // namespace objectstore
