#include "http/part_list.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/trim.h"
#include "http/headers.h"

namespace objectstore {

namespace {

using nlohmann::json;

BadPartList wrong_shape(const std::string& what) {
  return {422, "Failed to deserialize the JSON body into the target type: " + what};
}

struct TooDeep {};

std::string syntax_error(std::size_t byte) {
  return "syntax error at byte " + std::to_string(byte);
}

// What is wrong with the text, without quoting it.
std::optional<std::string> parse(std::string_view text, json& document) {
  // The library skips a byte order mark, and takes a NUL for the end.
  if (text.starts_with("\xef\xbb\xbf")) return syntax_error(1);
  const auto nul = text.find('\0');
  if (nul != std::string_view::npos) text = text.substr(0, nul);
  const auto look = [](int depth, json::parse_event_t, const json&) {
    constexpr int max_depth = 128;  // objects and lists within each other
    if (depth > max_depth) throw TooDeep();
    return true;
  };
  try {
    document = json::parse(text, look);
  } catch (const json::parse_error& error) {
    return syntax_error(error.byte);
  } catch (const json::exception&) {
    return "number out of range";
  } catch (const TooDeep&) {
    return "nested too deeply";
  }
  if (nul != std::string_view::npos) return syntax_error(nul + 1);
  return std::nullopt;
}

std::variant<ListedPart, BadPartList> parse_part(const json& item, std::size_t index) {
  const auto at = "parts[" + std::to_string(index) + "]";
  if (!item.is_object()) return wrong_shape(at + ": expected an object");
  const auto number = item.find("part_number");
  if (number == item.end()) return wrong_shape(at + ": missing field `part_number`");
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  if (!number->is_number_unsigned() || number->get<std::uint64_t>() == 0 ||
      number->get<std::uint64_t>() > most) {
    return wrong_shape(at + ".part_number: expected an integer from 1 to 4294967295");
  }
  const auto etag = item.find("etag");
  if (etag == item.end()) return wrong_shape(at + ": missing field `etag`");
  if (!etag->is_string()) return wrong_shape(at + ".etag: expected a string");
  return ListedPart{number->get<std::uint32_t>(), etag->get<std::string>()};
}

}  // namespace

std::variant<std::vector<ListedPart>, BadPartList> parse_part_list(std::string_view text) {
  json document;
  if (const auto problem = parse(text, document)) {
    return BadPartList{400, "Failed to parse the request body as JSON: " + *problem};
  }
  if (!document.is_object()) return wrong_shape("expected an object");
  const auto parts = document.find("parts");
  if (parts == document.end()) return wrong_shape("missing field `parts`");
  if (!parts->is_array()) return wrong_shape("parts: expected a list");
  std::vector<ListedPart> list;
  list.reserve(parts->size());
  for (const auto& item : *parts) {
    auto part = parse_part(item, list.size());
    if (auto* problem = std::get_if<BadPartList>(&part)) return std::move(*problem);
    list.push_back(std::get<ListedPart>(std::move(part)));
  }
  return list;
}

bool is_json_media_type(const std::vector<HeaderView>& headers) {
  const auto value = find_header(headers, "content-type");
  if (!value) return false;
  const auto type = trimmed(value->substr(0, value->find(';')));
  constexpr std::string_view application = "application/";
  if (!equals_ignoring_case(type.substr(0, application.size()), application)) return false;
  const auto subtype = type.substr(application.size());
  constexpr std::string_view suffix = "+json";
  return equals_ignoring_case(subtype, "json") ||
         (subtype.size() > suffix.size() &&
          equals_ignoring_case(subtype.substr(subtype.size() - suffix.size()), suffix));
}

}  // namespace objectstore
