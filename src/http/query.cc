#include "http/query.h"

#include <charconv>

#include "base/percent.h"

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
  std::optional<std::string> found;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    const auto equals = pair.find('=');
    if (form_decode(pair.substr(0, equals)) != name) continue;
    if (found)
      return Error(ErrorCode::invalid_argument, "duplicate field `" + std::string(name) + "`");
    found = equals == std::string_view::npos ? std::string() : form_decode(pair.substr(equals + 1));
    if (!is_utf8(*found)) return bad_query(name, "not UTF-8");
  }
  return found;
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
