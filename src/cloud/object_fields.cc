#include "cloud/object_fields.h"

#include <string_view>

#include "model/metadata_headers.h"
#include "net/rfc3339.h"

namespace objectstore {

namespace {

constexpr std::string_view expiration_name = "x-sn-expiration";
constexpr std::string_view created_name = "x-sn-time-created";
constexpr std::string_view expires_name = "x-sn-time-expires";
constexpr std::string_view origin_name = "x-sn-origin";
constexpr std::string_view filename_name = "x-sn-filename";
constexpr std::string_view custom_prefix = "x-snme-";

Error bad_field(std::string_view name, std::string_view what) {
  std::string message("metadata field ");
  message.append(name).append(" ").append(what);
  return Error(ErrorCode::corrupt, std::move(message));
}

Result<void> read_time(std::string_view name, std::string_view value,
                       std::optional<WallTime>& time) {
  time = parse_rfc3339(value);
  if (!time) return bad_field(name, "is no time");
  return {};
}

Result<void> read_field(std::string_view name, const std::string& value, bool strict,
                        Metadata& metadata) {
  if (name == expiration_name) {
    const auto policy = ExpirationPolicy::parse(value);
    if (!policy.ok()) return bad_field(name, "is no expiration policy");
    metadata.expiration = *policy;
  } else if (name == created_name) {
    return read_time(name, value, metadata.time_created);
  } else if (name == expires_name) {
    return read_time(name, value, metadata.time_expires);
  } else if (name == origin_name) {
    metadata.origin = value;
  } else if (name == filename_name) {
    metadata.filename = value;
  } else if (name.starts_with(custom_prefix)) {
    metadata.custom.insert_or_assign(std::string(name.substr(custom_prefix.size())), value);
  } else if (strict) {
    return bad_field(name, "is unknown");
  }
  return {};
}

}  // namespace

ObjectFields fields_from_metadata(const Metadata& metadata, FieldTimes times) {
  constexpr std::size_t most_fixed = 5;
  ObjectFields fields;
  fields.reserve(most_fixed + metadata.custom.size());
  if (metadata.expiration.kind != ExpirationKind::manual) {
    fields.emplace_back(expiration_name, metadata.expiration.str());
  }
  if (times.created && metadata.time_created) {
    fields.emplace_back(created_name, format_rfc3339_micros(*metadata.time_created));
  }
  if (times.expires && metadata.time_expires) {
    fields.emplace_back(expires_name, format_rfc3339_micros(*metadata.time_expires));
  }
  if (metadata.origin) fields.emplace_back(origin_name, *metadata.origin);
  if (metadata.filename) fields.emplace_back(filename_name, *metadata.filename);
  for (const auto& [name, value] : metadata.custom) {
    std::string full(custom_prefix);
    fields.emplace_back(std::move(full.append(name)), value);
  }
  return fields;
}

Result<void> metadata_from_fields(const ObjectFields& fields, bool strict, Metadata& metadata) {
  for (const auto& [name, value] : fields)
    TRY(read_field(name, value, strict, metadata));
  return {};
}

Result<void> set_content_headers(std::string_view content_type, std::string_view content_encoding,
                                 Metadata& metadata) {
  // A store's answer has these as a client's request has them.
  std::vector<HeaderView> headers = {{"content-type", content_type}};
  if (!content_encoding.empty()) headers.emplace_back("content-encoding", content_encoding);
  TRY_ASSIGN(auto read, metadata_from_headers(headers));
  metadata.content_type = std::move(read.content_type);
  metadata.compression = read.compression;
  return {};
}

}  // namespace objectstore
