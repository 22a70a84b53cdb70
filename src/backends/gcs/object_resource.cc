#include "backends/gcs/object_resource.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "backends/gcs/json_members.h"
#include "cloud/object_fields.h"
#include "model/metadata_headers.h"
#include "net/rfc3339.h"

namespace objectstore {

namespace {

using Json = nlohmann::json;

// Rounding up must not pass what WallTime holds.
constexpr WallTime latest_time = std::chrono::floor<std::chrono::seconds>(WallTime::max());

// Emulators leave them behind; they say nothing about the object.
constexpr std::string_view emulator_keys[] = {"x_emulator_upload", "x_testbench_upload"};

Error corrupt(std::string what) {
  return {ErrorCode::corrupt, std::move(what)};
}

Result<std::optional<WallTime>> time_of(const Json& json, const char* member) {
  const auto text = json_text(json, member);
  if (text.empty()) return std::optional<WallTime>();
  const auto time = parse_rfc3339(text);
  if (!time) return corrupt(std::string("its ") + member + " is no time");
  return std::optional<WallTime>(*time);
}

Result<ObjectFields> fields_of(const Json& json) {
  ObjectFields fields;
  const auto found = json.find("metadata");
  if (found == json.end()) return fields;
  if (!found->is_object()) return corrupt("its metadata is no object");
  fields.reserve(found->size());
  for (const auto& [name, value] : found->items()) {
    if (std::find(std::begin(emulator_keys), std::end(emulator_keys), name) !=
        std::end(emulator_keys)) {
      continue;
    }
    if (!value.is_string()) return corrupt("its metadata " + name + " is no string");
    fields.emplace_back(name, value.get<std::string>());
  }
  return fields;
}

}  // namespace

std::string custom_time(WallTime time) {
  return format_rfc3339_micros(
      std::chrono::ceil<std::chrono::microseconds>(std::min(time, latest_time)));
}

std::string custom_time_seconds(WallTime time) {
  auto text =
      format_rfc3339_micros(std::chrono::ceil<std::chrono::seconds>(std::min(time, latest_time)));
  return text.substr(0, text.find('.')) + "Z";
}

std::string write_resource(const Metadata& metadata) {
  Json json = {{"contentType", metadata.content_type}};
  if (metadata.compression) json["contentEncoding"] = "zstd";
  if (metadata.time_expires) json["customTime"] = custom_time(*metadata.time_expires);
  FieldTimes times;
  times.created = false;
  times.expires = false;
  auto fields = Json::object();
  for (auto& [name, value] : fields_from_metadata(metadata, times))
    fields[name] = value;
  if (!fields.empty()) json["metadata"] = std::move(fields);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string write_custom_time(WallTime time) {
  return Json{{"customTime", custom_time(time)}}.dump();
}

Result<StoredObject> read_stored_object(std::string_view text) {
  const auto json = parse_json_object(text);
  const auto size = json_number(json, "size");
  if (!size) {
    return Error(ErrorCode::unavailable, "GCS: an answer is not the description of an object");
  }
  return StoredObject{*size, json_text(json, "crc32c"), json_text(json, "generation")};
}

Result<Metadata> read_object_metadata(std::string_view text) {
  const auto json = parse_json_object(text);
  Metadata metadata;
  const auto content_type = json_text(json, "contentType");
  if (content_type.empty()) return corrupt("it has no contentType");
  TRY(set_content_headers(content_type, json_text(json, "contentEncoding"), metadata));
  TRY_ASSIGN(const auto fields, fields_of(json));
  TRY(metadata_from_fields(fields, /*strict=*/true, metadata));
  TRY_ASSIGN(metadata.time_expires, time_of(json, "customTime"));
  TRY_ASSIGN(metadata.time_created, time_of(json, "timeCreated"));
  return metadata;
}

std::optional<WallTime> read_custom_time(std::string_view text) {
  return parse_rfc3339(json_text(parse_json_object(text), "customTime"));
}

}  // namespace objectstore
