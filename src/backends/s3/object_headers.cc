#include "backends/s3/object_headers.h"

#include <charconv>

#include "cloud/object_fields.h"
#include "model/metadata_headers.h"

namespace objectstore {

namespace {

constexpr std::string_view mark_field = "x-sn-upload";

std::string_view field_prefix(S3Dialect dialect) {
  return dialect == S3Dialect::amazon ? "x-amz-meta-" : "x-goog-meta-";
}

// 2026-04-20T13:37:00Z
std::string whole_seconds(WallTime time) {
  const std::string micros = format_rfc3339_micros(time);
  return micros.substr(0, micros.find('.')) + "Z";
}

std::optional<std::uint64_t> parse_length(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

// Of a multipart upload there may be a checksum of checksums, "…-7", which says nothing here.
std::string whole_crc32c(const HttpHeaders& headers) {
  const auto value = find_header(headers, "x-amz-checksum-crc32c").value_or("");
  const auto type = find_header(headers, "x-amz-checksum-type").value_or("FULL_OBJECT");
  if (type != "FULL_OBJECT" || value.find('-') != std::string_view::npos) return {};
  return std::string(value);
}

}  // namespace

HttpHeaders headers_of_object(const Metadata& metadata, std::string_view mark, S3Dialect dialect) {
  constexpr std::size_t most_others = 4;
  const auto fields = fields_from_metadata(metadata, FieldTimes());
  HttpHeaders headers;
  headers.reserve(fields.size() + most_others);
  headers.emplace_back("content-type", metadata.content_type);
  if (metadata.compression) headers.emplace_back("content-encoding", "zstd");
  const auto add = [&](std::string_view name, std::string_view value) {
    std::string full(field_prefix(dialect));
    headers.emplace_back(std::move(full.append(name)), value);
  };
  for (const auto& [name, value] : fields)
    add(name, value);
  if (!mark.empty()) add(mark_field, mark);
  if (dialect == S3Dialect::reference && metadata.time_expires) {
    headers.emplace_back("x-goog-custom-time", whole_seconds(*metadata.time_expires));
  }
  return headers;
}

Result<S3Object> read_object_headers(const HttpHeaders& headers, S3Dialect dialect) {
  S3Object object;
  const auto length = parse_length(find_header(headers, "content-length").value_or(""));
  if (!length) return Error(ErrorCode::unavailable, "S3: an object's answer tells no length");
  object.size = *length;
  object.etag = find_header(headers, "etag").value_or("");
  object.crc32c = whole_crc32c(headers);

  const auto prefix = field_prefix(dialect);
  ObjectFields fields;
  for (const auto& [name, value] : headers) {
    if (!name.starts_with(prefix)) continue;
    auto field = name.substr(prefix.size());
    if (field == mark_field) {
      object.mark = value;
    } else {
      fields.emplace_back(std::move(field), value);
    }
  }
  TRY(metadata_from_fields(fields, /*strict=*/false, object.metadata));
  TRY(set_content_headers(find_header(headers, "content-type").value_or("application/octet-stream"),
                          find_header(headers, "content-encoding").value_or(""), object.metadata));
  return object;
}

}  // namespace objectstore
