#include "app/config_binder.h"

#include <cmath>

#include "model/expiration.h"

namespace objectstore {
namespace {

const std::string* bind_text(const BindContext& context) {
  const auto* const text = std::get_if<std::string>(&context.value.data);
  if (text == nullptr) context.expected("a string");
  return text;
}

}  // namespace

void BindContext::expected(std::string_view what) const {
  // The value itself stays out of the message: it may be a secret at the wrong place.
  fail("expected " + std::string(what) + ", found " + std::string(value.type_name()));
}

void bind(const BindContext& context, bool& out) {
  if (const auto* const value = std::get_if<bool>(&context.value.data)) {
    out = *value;
  } else {
    context.expected("a boolean");
  }
}

void bind(const BindContext& context, double& out) {
  const auto& data = context.value.data;
  double number = 0;
  if (const auto* const value = std::get_if<double>(&data)) {
    number = *value;
  } else if (const auto* const whole = std::get_if<std::uint64_t>(&data)) {
    number = static_cast<double>(*whole);
  } else if (const auto* const negative = std::get_if<std::int64_t>(&data)) {
    number = static_cast<double>(*negative);
  } else {
    context.expected("a number");
    return;
  }
  if (!std::isfinite(number)) {
    context.fail("expected a finite number");
    return;
  }
  out = number;
}

void bind(const BindContext& context, std::string& out) {
  if (const auto* const text = bind_text(context)) out = *text;
}

void bind(const BindContext& context, Secret& out) {
  if (const auto* const text = bind_text(context)) out.value = *text;
}

void bind(const BindContext& context, Duration& out) {
  const auto* const text = std::get_if<std::string>(&context.value.data);
  if (text == nullptr) {
    context.expected("a duration such as \"10s\"");
    return;
  }
  const auto parsed = parse_duration(*text);
  if (!parsed) {
    context.fail("\"" + *text + "\" is not a duration: " + parsed.error().describe());
    return;
  }
  constexpr auto max = std::chrono::floor<std::chrono::seconds>(Duration::max()).count() - 1;
  if (parsed->seconds > static_cast<std::uint64_t>(max)) {
    context.fail("\"" + *text + "\" is too long a time");
    return;
  }
  out = std::chrono::seconds(static_cast<std::int64_t>(parsed->seconds)) +
        std::chrono::nanoseconds(parsed->nanoseconds);
}

void bind(const BindContext& context, ListenAddress& out) {
  const auto* const text = bind_text(context);
  if (text == nullptr) return;
  if (auto address = ListenAddress::parse(*text)) {
    out = std::move(*address);
  } else {
    context.fail("\"" + *text + "\" is not an address: expected IP:port or [IPv6]:port");
  }
}

void bind(const BindContext& context, LogLevel& out) {
  const auto* const text = bind_text(context);
  if (text == nullptr) return;
  if (const auto level = parse_log_level(*text)) {
    out = *level;
  } else {
    context.fail("unknown value \"" + *text +
                 "\", expected TRACE, DEBUG, INFO, WARN, ERROR, OFF or \"0\" to \"5\"");
  }
}

void bind(const BindContext& context, LogFormat& out) {
  const auto* const text = bind_text(context);
  if (text == nullptr) return;
  if (const auto format = parse_log_format(*text)) {
    out = *format;
  } else {
    context.fail("unknown value \"" + *text + "\", expected auto, pretty, simplified or json");
  }
}

void bind(const BindContext& context, Permission& out) {
  const auto* const text = bind_text(context);
  if (text == nullptr) return;
  if (const auto permission = parse_permission(*text)) {
    out = *permission;
  } else {
    context.fail("unknown value \"" + *text +
                 "\", expected object.read, object.write or object.delete");
  }
}

void bind(const BindContext& context, std::pair<std::string, std::string>& out) {
  std::vector<std::string> parts;
  bind(context, parts);
  if (!std::holds_alternative<ConfigValue::List>(context.value.data)) return;
  if (parts.size() != 2) {
    context.fail("expected a pair [name, value]");
    return;
  }
  out = {std::move(parts[0]), std::move(parts[1])};
}

std::optional<std::uint64_t> bind_unsigned(const BindContext& context, std::uint64_t max) {
  const auto* const number = std::get_if<std::uint64_t>(&context.value.data);
  const auto* const with_sign = std::get_if<std::int64_t>(&context.value.data);
  if (number == nullptr && (with_sign == nullptr || *with_sign != 0)) {
    context.expected("an unsigned integer");
    return std::nullopt;
  }
  const std::uint64_t value = number == nullptr ? 0 : *number;
  if (value > max) {
    context.fail("at most " + std::to_string(max) + " is possible");
    return std::nullopt;
  }
  return value;
}

Section::Section(BindContext context)
    : context_(std::move(context)), members_(context_.value.map()) {
  if (members_ == nullptr) context_.expected("a dictionary");
}

Section::~Section() {
  if (members_ == nullptr) return;
  for (const auto& [key, value] : *members_) {
    if (known_.contains(key)) continue;
    context_.report.unknown_keys.push_back(
        {join_key(context_.key, key), value.origin, "unknown key"});
  }
}

const ConfigValue* Section::find(const std::string& key) {
  known_.insert(key);
  if (members_ == nullptr) return nullptr;
  const auto found = members_->find(key);
  return found == members_->end() ? nullptr : &found->second;
}

void Section::missing(const std::string& key) const {
  context_.report.errors.push_back(
      {join_key(context_.key, key), context_.value.origin, "missing key"});
}

void Section::positive(const std::string& key, Duration& out) {
  const auto* const value = find(key);
  if (value == nullptr) return;
  Duration wanted = out;
  bind(child(key, *value), wanted);
  if (wanted == Duration::zero()) {
    child(key, *value).fail("must be longer than 0");
  } else {
    out = wanted;
  }
}

}  // namespace objectstore
