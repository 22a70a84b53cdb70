#include "net/grpc_status.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <charconv>

#include "base/base64.h"

namespace objectstore {

namespace {

// The fields of one protobuf message, as far as this page needs them.
class ProtoFields {
 public:
  explicit ProtoFields(std::string_view bytes) : rest_(bytes) {}

  struct Field {
    std::uint64_t number = 0;
    std::uint64_t varint = 0;
    std::string_view bytes;
  };
  // nullopt: the end, or what follows can't be read.
  std::optional<Field> next() {
    const auto tag = varint();
    if (!tag) return std::nullopt;
    Field field;
    field.number = *tag >> 3;
    switch (*tag & 7) {
      case 0: {
        const auto value = varint();
        if (!value) return std::nullopt;
        field.varint = *value;
        return field;
      }
      case 1:
        return take(8, field);
      case 2: {
        const auto size = varint();
        if (!size) return std::nullopt;
        return take(*size, field);
      }
      case 5:
        return take(4, field);
      default:
        return std::nullopt;
    }
  }

 private:
  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(rest_.size(), 10); ++i) {
      const auto byte = static_cast<std::uint8_t>(rest_[i]);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
      if ((byte & 0x80) == 0) {
        rest_.remove_prefix(i + 1);
        return value;
      }
    }
    return std::nullopt;
  }
  std::optional<Field> take(std::uint64_t size, Field field) {
    if (size > rest_.size()) return std::nullopt;
    field.bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return field;
  }

  std::string_view rest_;
};

// google.protobuf.Duration {int64 seconds = 1; int32 nanos = 2}; negative ones are 0.
Duration parse_duration(std::string_view bytes) {
  constexpr std::int64_t longest_seconds = 365LL * 24 * 3600;
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;
  ProtoFields fields(bytes);
  while (const auto field = fields.next()) {
    if (field->number == 1) seconds = static_cast<std::int64_t>(field->varint);
    if (field->number == 2) nanos = static_cast<std::int64_t>(field->varint);
  }
  seconds = std::clamp<std::int64_t>(seconds, 0, longest_seconds);
  nanos = std::clamp<std::int64_t>(nanos, 0, 999'999'999);
  return std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanos);
}

// google.protobuf.Any {string type_url = 1; bytes value = 2} of RetryInfo {Duration retry_delay =
// 1}
std::optional<Duration> parse_retry_info(std::string_view any) {
  std::string_view type;
  std::string_view value;
  ProtoFields fields(any);
  while (const auto field = fields.next()) {
    if (field->number == 1) type = field->bytes;
    if (field->number == 2) value = field->bytes;
  }
  if (!type.ends_with("/google.rpc.RetryInfo")) return std::nullopt;
  ProtoFields info(value);
  while (const auto field = info.next()) {
    if (field->number == 1) return parse_duration(field->bytes);
  }
  return std::nullopt;
}

// As on the wire: padded or not.
std::optional<std::string> decode_binary(std::string_view text) {
  std::string padded(text);
  padded.append((4 - padded.size() % 4) % 4, '=');
  return base64_decode(padded);
}

}  // namespace

RpcCode parse_grpc_status(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return RpcCode::unknown;
  if (number > static_cast<unsigned>(RpcCode::unauthenticated)) return RpcCode::unknown;
  return static_cast<RpcCode>(number);
}

RpcCode code_of_http_status(int http_status) {
  switch (http_status) {
    case 400:
      return RpcCode::internal;
    case 401:
      return RpcCode::unauthenticated;
    case 403:
      return RpcCode::permission_denied;
    case 404:
      return RpcCode::unimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return RpcCode::unavailable;
    default:
      return RpcCode::unknown;
  }
}

RpcCode code_of_http2_error(std::uint32_t error) {
  switch (error) {
    case NGHTTP2_REFUSED_STREAM:
      return RpcCode::unavailable;
    case NGHTTP2_CANCEL:
      return RpcCode::cancelled;
    case NGHTTP2_ENHANCE_YOUR_CALM:
      return RpcCode::resource_exhausted;
    case NGHTTP2_INADEQUATE_SECURITY:
      return RpcCode::permission_denied;
    case NGHTTP2_NO_ERROR:
    case NGHTTP2_PROTOCOL_ERROR:
    case NGHTTP2_INTERNAL_ERROR:
    case NGHTTP2_FLOW_CONTROL_ERROR:
    case NGHTTP2_SETTINGS_TIMEOUT:
    case NGHTTP2_FRAME_SIZE_ERROR:
    case NGHTTP2_COMPRESSION_ERROR:
    case NGHTTP2_CONNECT_ERROR:
      return RpcCode::internal;
    default:
      return RpcCode::unknown;
  }
}

std::optional<Duration> retry_delay_of(std::string_view details) {
  const auto status = decode_binary(details);
  if (!status) return std::nullopt;
  // google.rpc.Status {int32 code = 1; string message = 2; repeated Any details = 3}
  ProtoFields fields(*status);
  while (const auto field = fields.next()) {
    if (field->number != 3) continue;
    if (const auto delay = parse_retry_info(field->bytes)) return delay;
  }
  return std::nullopt;
}

std::string grpc_timeout(Duration left) {
  constexpr std::int64_t limit = 100'000'000;  // 8 digits
  const std::int64_t nanos = std::max<std::int64_t>(left.count(), 1);
  if (nanos < limit) return std::to_string(nanos) + 'n';
  if (nanos / 1'000 < limit) return std::to_string(nanos / 1'000) + 'u';
  if (nanos / 1'000'000 < limit) return std::to_string(nanos / 1'000'000) + 'm';
  return std::to_string(std::min(nanos / 1'000'000'000, limit - 1)) + 'S';
}

}  // namespace objectstore
