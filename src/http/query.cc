#include "http/query.h"

#include <charconv>
#include <utility>

#include "base/percent.h"
#include "base/query_pairs.h"

namespace objectstore {

namespace {

Error bad_query(std::string_view name, std::string_view what) {
  std::string text(name);
  text += ": ";
  text += what;
  return {ErrorCode::invalid_argument, std::move(text)};
}

}  // namespace

Result<std::optional<std::string>> query_value(std::string_view query, std::string_view name) {
  auto found = find_parameter(query, name);
  if (found.count == 0) return std::optional<std::string>();
  if (found.count > 1) {
    return Error(ErrorCode::invalid_argument, "duplicate field `" + std::string(name) + "`");
  }
  if (!is_utf8(found.value)) return bad_query(name, "not UTF-8");
  return std::optional<std::string>(std::move(found.value));
}

Result<std::string> required_query_value(std::string_view query, std::string_view name) {
  TRY_ASSIGN(auto value, query_value(query, name));
  if (!value)
    return Error(ErrorCode::invalid_argument, "missing field `" + std::string(name) + "`");
  return *std::move(value);
}

Result<std::optional<std::uint32_t>> query_number(std::string_view query, std::string_view name,
                                                  std::uint32_t least) {
  TRY_ASSIGN(const auto text, query_value(query, name));
  if (!text) return std::optional<std::uint32_t>();
  std::uint32_t value = 0;
  // A leading '+' is tolerated, as in the header Range.
  const auto* const begin = text->data() + (text->starts_with('+') ? 1 : 0);
  const auto* const end = text->data() + text->size();
  const auto parsed = std::from_chars(begin, end, value);
  if (parsed.ec == std::errc::result_out_of_range) return bad_query(name, "number too large");
  if (parsed.ec != std::errc() || parsed.ptr != end) return bad_query(name, "not a number");
  if (value < least) return bad_query(name, "must be at least " + std::to_string(least));
  return std::optional<std::uint32_t>(value);
}

}  // namespace objectstore
