#include "model/byte_range.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "base/shortened.h"
#include "model/text.h"

namespace objectstore {

namespace {

constexpr std::string_view prefix = "invalid Range header";

Error invalid(std::string detail) {
  return {ErrorCode::invalid_argument, std::string(prefix) + ": " + std::move(detail)};
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

std::optional<RangeRequest> parse_spec(std::string_view spec) {
  const auto dash = spec.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto before = spec.substr(0, dash);
  const auto after = spec.substr(dash + 1);
  if (before.empty()) {
    const auto length = parse_number(after);
    if (!length || *length == 0) return std::nullopt;
    return RangeRequest{RangeRequest::Suffix{*length}};
  }
  const auto first = parse_number(before);
  if (!first) return std::nullopt;
  if (after.empty()) return RangeRequest{RangeRequest::FromTo{*first, std::nullopt}};
  const auto last = parse_number(after);
  if (!last || *last < *first) return std::nullopt;
  return RangeRequest{RangeRequest::FromTo{*first, *last}};
}

}  // namespace

Result<std::optional<RangeRequest>> parse_range(std::string_view header_value) {
  if (!is_visible_ascii(header_value)) {
    return Error(ErrorCode::invalid_argument, std::string(prefix));
  }
  const auto equals = header_value.find('=');
  const auto unit = header_value.substr(0, equals);
  if (!equals_ignoring_case(unit, "bytes")) {
    return invalid("invalid range unit: " + std::string(shortened(unit)) + ", expected: bytes");
  }
  const auto spec =
      equals == std::string_view::npos ? std::string_view() : header_value.substr(equals + 1);
  if (spec.find(',') != std::string_view::npos) return std::optional<RangeRequest>();
  auto request = parse_spec(spec);
  if (!request) return invalid("invalid byte range");
  return request;
}

std::optional<ByteRange> resolve(const RangeRequest& request, std::uint64_t size) {
  if (size == 0) return std::nullopt;
  if (const auto* suffix = std::get_if<RangeRequest::Suffix>(&request.spec)) {
    const auto length = std::min(suffix->length, size);
    return ByteRange{size - length, length};
  }
  const auto& range = std::get<RangeRequest::FromTo>(request.spec);
  if (range.first >= size) return std::nullopt;
  const auto last = std::min(range.last.value_or(size - 1), size - 1);
  return ByteRange{range.first, last - range.first + 1};
}

}  // namespace objectstore
