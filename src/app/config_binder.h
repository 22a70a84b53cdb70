// Strict binding of a ConfigValue tree to typed values.
//
// bind() takes a value of exactly the wanted type, or notes in the report what is wrong with it and
// leaves `out` as it was. Nothing is converted but integers where a float is wanted.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/config.h"
#include "app/config_value.h"

namespace objectstore {

// What binding found; in the order of the keys' binding.
struct BindReport {
  std::vector<ConfigProblem> errors;
  std::vector<ConfigProblem> unknown_keys;
};

// One place in the tree.
struct BindContext {
  const ConfigValue& value;
  std::string key;
  BindReport& report;

  void fail(std::string text) const {
    report.errors.push_back({key, value.origin, std::move(text)});
  }
  void expected(std::string_view what) const;
  [[nodiscard]] BindContext at(const ConfigValue& child, std::string child_key) const {
    return {child, std::move(child_key), report};
  }
};

void bind(const BindContext& context, bool& out);
void bind(const BindContext& context, double& out);
void bind(const BindContext& context, std::string& out);
void bind(const BindContext& context, Secret& out);
// A string in the grammar of http-api.md section 6.1.
void bind(const BindContext& context, Duration& out);
void bind(const BindContext& context, ListenAddress& out);
void bind(const BindContext& context, LogLevel& out);
void bind(const BindContext& context, LogFormat& out);
void bind(const BindContext& context, Permission& out);
// A list of two strings.
void bind(const BindContext& context, std::pair<std::string, std::string>& out);

[[nodiscard]] std::optional<std::uint64_t> bind_unsigned(const BindContext& context,
                                                         std::uint64_t max);

template <class T>
requires std::unsigned_integral<T> &&
    (!std::same_as<T, bool>)void bind(const BindContext& context, T& out) {
  if (const auto number = bind_unsigned(context, std::numeric_limits<T>::max())) {
    out = static_cast<T>(*number);
  }
}

class Section;

// A dictionary with known keys: bind_fields(Section&, T&) names them.
template <class T>
concept BoundSection = requires(Section& section, T& out) {
  bind_fields(section, out);
};

// The tree's `type` chooses the variant; keys of the other types are ignored
// (config_bind_storage.cc).
void bind_fields(Section& section, StorageConfig& out);

template <BoundSection T>
void bind(const BindContext& context, T& out);
template <class T>
void bind(const BindContext& context, std::vector<T>& out);
template <class T>
void bind(const BindContext& context, std::map<std::string, T>& out);

// Null counts as not given where a key has no default value.
template <class T>
void bind(const BindContext& context, std::optional<T>& out) {
  if (std::holds_alternative<std::monostate>(context.value.data)) {
    out.reset();
    return;
  }
  T value{};
  bind(context, value);
  out = std::move(value);
}

// Reads the keys of one dictionary and notes those that nobody asked for.
class Section {
 public:
  explicit Section(BindContext context);
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;
  // Reports the unknown keys.
  ~Section();

  template <class T>
  void optional(const std::string& key, T& out) {
    if (const auto* value = find(key)) bind(child(key, *value), out);
  }
  template <class T>
  void required(const std::string& key, T& out) {
    if (const auto* value = find(key)) {
      bind(child(key, *value), out);
    } else {
      missing(key);
    }
  }
  // As optional, and zero is refused.
  void positive(const std::string& key, Duration& out);

  // The value of `key`, which counts as known from now on; null if it is not there.
  [[nodiscard]] const ConfigValue* find(const std::string& key);
  // Keys that mean something elsewhere: not read here, not reported either.
  void ignore(std::span<const std::string_view> keys) { known_.insert(keys.begin(), keys.end()); }
  [[nodiscard]] BindContext child(const std::string& key, const ConfigValue& value) const {
    return context_.at(value, join_key(context_.key, key));
  }
  void missing(const std::string& key) const;
  [[nodiscard]] const BindContext& context() const { return context_; }

 private:
  BindContext context_;
  const ConfigValue::Map* members_;
  std::set<std::string> known_;
};

template <BoundSection T>
void bind(const BindContext& context, T& out) {
  Section section(context);
  if (context.value.map() != nullptr) bind_fields(section, out);
}

template <class T>
void bind(const BindContext& context, std::vector<T>& out) {
  const auto* const list = std::get_if<ConfigValue::List>(&context.value.data);
  if (list == nullptr) {
    context.expected("a list");
    return;
  }
  out.clear();
  for (const auto& item : *list) {
    T value{};
    bind(context.at(item, context.key + "[" + std::to_string(out.size()) + "]"), value);
    out.push_back(std::move(value));
  }
}

template <class T>
void bind(const BindContext& context, std::map<std::string, T>& out) {
  const auto* const map = context.value.map();
  if (map == nullptr) {
    context.expected("a dictionary");
    return;
  }
  out.clear();
  for (const auto& [key, member] : *map) {
    T value{};
    bind(context.at(member, join_key(context.key, key)), value);
    out.emplace(key, std::move(value));
  }
}

}  // namespace objectstore
