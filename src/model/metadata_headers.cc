#include "model/metadata_headers.h"

#include <algorithm>
#include <chrono>

#include "model/media_type.h"
#include "model/text.h"

namespace objectstore {

namespace {

constexpr std::string_view content_type_name = "content-type";
constexpr std::string_view content_encoding_name = "content-encoding";
constexpr std::string_view expiration_name = "x-sn-expiration";
constexpr std::string_view time_created_name = "x-sn-time-created";
constexpr std::string_view time_expires_name = "x-sn-time-expires";
constexpr std::string_view origin_name = "x-sn-origin";
constexpr std::string_view filename_name = "x-sn-filename";
constexpr std::string_view content_disposition_name = "content-disposition";
constexpr std::string_view custom_prefix = "x-snme-";
constexpr std::string_view zstd = "zstd";

// The chain of one metadata error: `inner` is what went wrong, with what lies below it.
Error metadata_error(Error inner) {
  std::string message = "metadata error: " + inner.message();
  return std::move(inner).wrap(message).wrap(message);
}

Error metadata_error(const char* inner) {
  return metadata_error(Error(ErrorCode::invalid_argument, inner));
}

Result<void> check_text(std::string_view value) {
  if (is_visible_ascii(value)) return {};
  return metadata_error("error dealing with http headers");
}

Result<void> read_content_type(std::string_view value, Metadata& metadata) {
  TRY(check_text(value));
  auto checked = check_media_type(value);
  if (!checked.ok()) {
    return metadata_error(std::move(checked).error().wrap("invalid content type"));
  }
  metadata.content_type = value;
  return {};
}

Result<void> read_content_encoding(std::string_view value, Metadata& metadata) {
  TRY(check_text(value));
  if (value != zstd) return metadata_error("invalid compression value");
  metadata.compression = Compression::zstd;
  return {};
}

Result<void> read_expiration(std::string_view value, Metadata& metadata) {
  TRY(check_text(value));
  auto policy = ExpirationPolicy::parse(value);
  if (!policy.ok()) return metadata_error(std::move(policy).error());
  metadata.expiration = *policy;
  return {};
}

Result<void> read_custom(std::string_view name, std::string_view value, Metadata& metadata) {
  TRY(check_text(value));
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), to_lower_ascii);
  metadata.custom.insert_or_assign(std::move(lower), value);
  return {};
}

Result<void> read_header(std::string_view name, std::string_view value, Metadata& metadata) {
  // Most headers of a request are none of the table: tell them by their first letter.
  if (name.empty()) return {};
  const char first = to_lower_ascii(name.front());
  if (first == 'c') {
    if (equals_ignoring_case(name, content_type_name)) return read_content_type(value, metadata);
    if (equals_ignoring_case(name, content_encoding_name)) {
      return read_content_encoding(value, metadata);
    }
    return {};
  }
  if (first != 'x') return {};
  if (equals_ignoring_case(name.substr(0, custom_prefix.size()), custom_prefix)) {
    return read_custom(name.substr(custom_prefix.size()), value, metadata);
  }
  if (equals_ignoring_case(name, expiration_name)) return read_expiration(value, metadata);
  const bool is_origin = equals_ignoring_case(name, origin_name);
  if (is_origin || equals_ignoring_case(name, filename_name)) {
    TRY(check_text(value));
    (is_origin ? metadata.origin : metadata.filename) = value;
  }
  return {};
}

// What HTTP can carry: no control characters but tab. Stored metadata may come from elsewhere.
bool is_header_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  });
}

bool is_header_name(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_ascii_letter(c) || is_ascii_digit(c) || others.find(c) != std::string_view::npos;
  });
}

void append(HeaderList& headers, std::string_view name, std::string_view value) {
  if (is_header_value(value)) headers.emplace_back(name, value);
}

void append_custom(HeaderList& headers, const std::string& name, const std::string& value) {
  if (!is_header_name(name) || !is_header_value(value)) return;
  std::string full;
  full.reserve(custom_prefix.size() + name.size());
  full.append(custom_prefix).append(name);
  headers.emplace_back(std::move(full), value);
}

// Writes `value` with leading zeros into the `digits` characters before `end`.
template <class T>
void write_digits(char* end, T value, int digits) {
  for (; digits > 0; --digits, value /= 10)
    *--end = static_cast<char>('0' + value % 10);
}

}  // namespace

Result<Metadata> metadata_from_headers(const std::vector<HeaderView>& headers) {
  Metadata metadata;
  for (const auto& [name, value] : headers)
    TRY(read_header(name, value, metadata));
  return metadata;
}

HeaderList headers_from_metadata(const Metadata& metadata, bool with_content_disposition) {
  constexpr std::size_t max_fixed_headers = 8;
  const bool expires = metadata.expiration.kind != ExpirationKind::manual;
  HeaderList headers;
  headers.reserve(max_fixed_headers + metadata.custom.size());
  append(headers, content_type_name, metadata.content_type);
  if (metadata.compression) append(headers, content_encoding_name, zstd);
  if (expires) append(headers, expiration_name, metadata.expiration.str());
  if (metadata.time_created) {
    append(headers, time_created_name, format_rfc3339_micros(*metadata.time_created));
  }
  if (expires && metadata.time_expires) {
    append(headers, time_expires_name, format_rfc3339_micros(*metadata.time_expires));
  }
  if (metadata.origin) append(headers, origin_name, *metadata.origin);
  if (metadata.filename) {
    append(headers, filename_name, *metadata.filename);
    if (with_content_disposition) {
      auto value = content_disposition(*metadata.filename);
      if (value) headers.emplace_back(content_disposition_name, std::move(*value));
    }
  }
  for (const auto& [name, value] : metadata.custom)
    append_custom(headers, name, value);
  return headers;
}

std::optional<std::string> content_disposition(std::string_view filename) {
  if (!is_header_value(filename)) return std::nullopt;
  // A name of dots only would name a directory.
  const bool dots_only = filename.find_first_not_of('.') == std::string_view::npos;
  std::string value = "attachment; filename=\"";
  value.reserve(value.size() + filename.size() + 1);
  for (const char c : filename) {
    if (c == '/' || c == '\\' || (dots_only && c == '.')) {
      value += '-';
    } else {
      if (c == '"') value += '\\';
      value += c;
    }
  }
  value += '"';
  return value;
}

std::string format_rfc3339_micros(WallTime time) {
  // In microseconds first: the first day that nanoseconds reach begins before WallTime's minimum.
  const auto micros = std::chrono::floor<std::chrono::microseconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(micros);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(micros - day);
  std::string text = "0000-00-00T00:00:00.000000Z";
  write_digits(text.data() + 4, static_cast<int>(date.year()), 4);
  write_digits(text.data() + 7, static_cast<unsigned>(date.month()), 2);
  write_digits(text.data() + 10, static_cast<unsigned>(date.day()), 2);
  write_digits(text.data() + 13, clock.hours().count(), 2);
  write_digits(text.data() + 16, clock.minutes().count(), 2);
  write_digits(text.data() + 19, clock.seconds().count(), 2);
  write_digits(text.data() + 26, clock.subseconds().count(), 6);
  return text;
}

std::string format_rfc3339_nanos(WallTime time) {
  constexpr std::size_t seconds_end = 19;
  auto text = format_rfc3339_micros(time);
  const auto micros = std::chrono::floor<std::chrono::microseconds>(time);  // as above
  const auto nanos = (micros - std::chrono::floor<std::chrono::seconds>(micros)) + (time - micros);
  text.resize(seconds_end);
  if (nanos.count() != 0) {
    text += ".000000000";
    write_digits(text.data() + text.size(), nanos.count(), 9);
  }
  text += 'Z';
  return text;
}

}  // namespace objectstore
