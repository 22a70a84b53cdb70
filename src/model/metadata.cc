#include "model/metadata.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "model/whole_json.h"

namespace objectstore {

namespace {

using Json = nlohmann::json;

constexpr std::uint64_t nanoseconds_per_second = 1'000'000'000;

// ---- writing: by hand, for the order of members is part of the format

// A quoted JSON string; bytes that are not UTF-8 become U+FFFD.
void append_string(std::string& out, std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c >= 0x20 && c <= 0x7e && c != '"' && c != '\\';
  });
  if (plain) {
    out += '"';
    out.append(text) += '"';
  } else {
    out += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  }
}

// `,"name":`, without the comma for the first member.
void append_name(std::string& out, std::string_view name) {
  if (out.back() != '{') out += ',';
  out += '"';
  out.append(name) += "\":";
}

void append_member(std::string& out, std::string_view name, const std::string& value) {
  append_name(out, name);
  append_string(out, value);
}

void append_member(std::string& out, std::string_view name, WallTime time) {
  constexpr auto per_second = std::int64_t{nanoseconds_per_second};
  const std::int64_t total = time.time_since_epoch().count();
  const bool before_epoch = total % per_second < 0;
  append_name(out, name);
  out += "{\"secs_since_epoch\":";
  out += std::to_string(total / per_second - (before_epoch ? 1 : 0));
  out += ",\"nanos_since_epoch\":";
  out += std::to_string(total % per_second + (before_epoch ? per_second : 0));
  out += '}';
}

void append_policy(std::string& out, const ExpirationPolicy& policy) {
  if (policy.kind == ExpirationKind::manual) return;
  append_name(out, "expiration_policy");
  out += policy.kind == ExpirationKind::time_to_live ? "{\"TimeToLive\":" : "{\"TimeToIdle\":";
  out += "{\"secs\":";
  out += std::to_string(policy.duration.seconds);
  out += ",\"nanos\":";
  out += std::to_string(policy.duration.nanoseconds);
  out += "}}";
}

// ---- reading

Error corrupt(std::string_view member) {
  return {ErrorCode::corrupt, "metadata JSON: bad member '" + std::string(member) + "'"};
}

Result<Json> parse_object(std::string_view text) {
  auto json = parse_whole_json<Json>(text);
  if (!json.is_object()) return Error(ErrorCode::corrupt, "metadata JSON: not an object");
  return json;
}

// nullptr where the member is missing.
const Json* find(const Json& object, const char* name) {
  const auto it = object.find(name);
  return it == object.end() ? nullptr : &*it;
}

// The same for members that may be unset: null is as good as missing.
const Json* find_optional(const Json& object, const char* name) {
  const Json* json = find(object, name);
  return json && json->is_null() ? nullptr : json;
}

std::optional<std::uint64_t> read_unsigned(const Json* json) {
  if (!json || !json->is_number_unsigned()) return std::nullopt;
  return json->get<std::uint64_t>();
}

std::optional<std::uint32_t> read_nanoseconds(const Json* json) {
  const auto nanoseconds = read_unsigned(json);
  if (!nanoseconds || *nanoseconds >= nanoseconds_per_second) return std::nullopt;
  return static_cast<std::uint32_t>(*nanoseconds);
}

Result<void> read_policy(const Json& object, ExpirationPolicy& policy) {
  constexpr const char* member = "expiration_policy";
  const Json* json = find(object, member);
  if (!json || *json == "Manual") return {};
  if (!json->is_object() || json->size() != 1) return corrupt(member);
  const auto& kind = json->begin().key();
  if (kind == "TimeToLive") {
    policy.kind = ExpirationKind::time_to_live;
  } else if (kind == "TimeToIdle") {
    policy.kind = ExpirationKind::time_to_idle;
  } else {
    return corrupt(member);
  }
  const Json& duration = *json->begin();
  if (!duration.is_object()) return corrupt(member);
  const auto seconds = read_unsigned(find(duration, "secs"));
  const auto nanoseconds = read_nanoseconds(find(duration, "nanos"));
  if (!seconds || !nanoseconds) return corrupt(member);
  policy.duration = {*seconds, *nanoseconds};
  return {};
}

Result<void> read_time(const Json& object, const char* member, std::optional<WallTime>& time) {
  const Json* json = find_optional(object, member);
  if (!json) return {};
  if (!json->is_object()) return corrupt(member);
  const Json* seconds_json = find(*json, "secs_since_epoch");
  const auto nanoseconds = read_nanoseconds(find(*json, "nanos_since_epoch"));
  if (!seconds_json || !seconds_json->is_number_integer() || !nanoseconds) return corrupt(member);
  // Unsigned values beyond int64 would wrap; they are as much too late as the largest int64.
  const auto unsigned_seconds = read_unsigned(seconds_json);
  constexpr auto max_seconds = std::numeric_limits<std::int64_t>::max();
  const auto seconds = unsigned_seconds && *unsigned_seconds > std::uint64_t{max_seconds}
                           ? max_seconds
                           : seconds_json->get<std::int64_t>();
  std::int64_t total = 0;
  if (__builtin_mul_overflow(seconds, std::int64_t{nanoseconds_per_second}, &total) ||
      __builtin_add_overflow(total, *nanoseconds, &total)) {
    if (seconds < 0) return corrupt(member);
    time = WallTime::max();
    return {};
  }
  time = WallTime(Duration(total));
  return {};
}

Result<void> read_string(const Json* json, const char* member, std::string& value) {
  if (!json) return {};
  const auto* text = json->get_ptr<const std::string*>();
  if (!text) return corrupt(member);
  value = *text;
  return {};
}

Result<void> read_string(const Json* json, const char* member, std::optional<std::string>& value) {
  if (!json) return {};
  return read_string(json, member, value.emplace());
}

Result<void> read_compression(const Json& object, std::optional<Compression>& compression) {
  const Json* json = find_optional(object, "compression");
  if (!json) return {};
  if (*json != "Zstd") return corrupt("compression");
  compression = Compression::zstd;
  return {};
}

Result<void> read_size(const Json& object, std::optional<std::uint64_t>& size) {
  const Json* json = find_optional(object, "size");
  if (!json) return {};
  size = read_unsigned(json);
  if (!size) return corrupt("size");
  return {};
}

Result<void> read_custom(const Json& object, std::map<std::string, std::string>& custom) {
  const Json* json = find(object, "custom");
  if (!json) return {};
  if (!json->is_object()) return corrupt("custom");
  for (const auto& [name, value] : json->items()) {
    TRY(read_string(&value, "custom", custom[name]));
  }
  return {};
}

}  // namespace

std::string to_json(const Metadata& metadata) {
  std::string out;
  out.reserve(256);
  out += '{';
  append_policy(out, metadata.expiration);
  if (metadata.time_created) append_member(out, "time_created", *metadata.time_created);
  if (metadata.time_expires) append_member(out, "time_expires", *metadata.time_expires);
  append_member(out, "content_type", metadata.content_type);
  if (metadata.compression) append_member(out, "compression", std::string("Zstd"));
  if (metadata.origin) append_member(out, "origin", *metadata.origin);
  if (metadata.filename) append_member(out, "filename", *metadata.filename);
  if (metadata.size) {
    append_name(out, "size");
    out += std::to_string(*metadata.size);
  }
  if (!metadata.custom.empty()) {
    append_name(out, "custom");
    char separator = '{';
    for (const auto& [name, value] : metadata.custom) {
      out += separator;
      append_string(out, name);
      out += ':';
      append_string(out, value);
      separator = ',';
    }
    out += '}';
  }
  out += '}';
  return out;
}

Result<Metadata> metadata_from_json(std::string_view json) {
  TRY_ASSIGN(const Json object, parse_object(json));
  Metadata metadata;
  TRY(read_policy(object, metadata.expiration));
  TRY(read_time(object, "time_created", metadata.time_created));
  TRY(read_time(object, "time_expires", metadata.time_expires));
  TRY(read_string(find(object, "content_type"), "content_type", metadata.content_type));
  TRY(read_compression(object, metadata.compression));
  TRY(read_string(find_optional(object, "origin"), "origin", metadata.origin));
  TRY(read_string(find_optional(object, "filename"), "filename", metadata.filename));
  TRY(read_size(object, metadata.size));
  TRY(read_custom(object, metadata.custom));
  return metadata;
}

std::string redirect_policy_json(const ExpirationPolicy& policy) {
  std::string out = "{";
  append_policy(out, policy);
  out += '}';
  return out;
}

Result<ExpirationPolicy> redirect_policy_from_json(std::string_view json) {
  TRY_ASSIGN(const Json object, parse_object(json));
  ExpirationPolicy policy;
  TRY(read_policy(object, policy));
  return policy;
}

}  // namespace objectstore
