// Routing: a match is made of the path's own bytes, and its methods are those that are told.
#include "http/router.h"

#include <algorithm>
#include <optional>
#include <string>

#include "fuzz.h"
#include "http/query.h"

namespace objectstore {
namespace {

constexpr std::string_view prefix_of(Route route) {
  switch (route) {
    case Route::object:
    case Route::collection:
      return "/v1/objects/";
    case Route::batch:
      return "/v1/objects:batch/";
    case Route::multipart_collection:
    case Route::multipart_object:
      return "/v1/objects:multipart/";
    case Route::multipart_parts:
      return "/v1/objects:multipart:parts/";
    case Route::multipart_complete:
      return "/v1/objects:multipart:complete/";
    default:
      return "";  // unknown, or internal
  }
}

void check_path(const RouteMatch& match, std::string_view path) {
  if (match.route == Route::unknown) return;
  FUZZ_CHECK(match.path == path);
  if (is_internal(match.route)) {
    FUZZ_CHECK(path == route_pattern(match.route));
    return;
  }
  FUZZ_CHECK(match.usecase.find('/') == std::string_view::npos);
  FUZZ_CHECK(match.scopes.find('/') == std::string_view::npos);
  std::string rebuilt(prefix_of(match.route));
  rebuilt.append(match.usecase).append("/").append(match.scopes);
  FUZZ_CHECK(rebuilt + "/" + std::string(match.key) == path ||
             (match.key.empty() && rebuilt == path));
}

void check_methods(Route route) {
  if (route == Route::unknown) return;
  constexpr std::pair<Method, std::string_view> names[] = {{Method::get, "GET"},
                                                           {Method::head, "HEAD"},
                                                           {Method::put, "PUT"},
                                                           {Method::post, "POST"},
                                                           {Method::remove, "DELETE"}};
  for (const auto& [method, name] : names) {
    const bool told = allowed_methods(route).find(name) != std::string_view::npos;
    FUZZ_CHECK(method_allowed(route, method) == told);
  }
  FUZZ_CHECK(!method_allowed(route, Method::other));
}

// What is put beside a query changes nothing but the count.
void check_query(std::string_view query) {
  const auto alone = query_value(query, "upload_id");
  const auto beside = query_value("a=b&" + std::string(query) + "&c=d", "upload_id");
  FUZZ_CHECK(alone.ok() == beside.ok());
  if (alone.ok()) FUZZ_CHECK(*alone == *beside);
  FUZZ_CHECK(!query_value("upload_id&upload_id=" + std::string(query), "upload_id").ok());
  const auto number = query_number(query, "upload_id", 1);
  if (number.ok() && *number) FUZZ_CHECK(alone.ok() && **number >= 1);
}

// Of an absolute form.
std::optional<std::string_view> after_scheme(std::string_view target) {
  std::string lower(target.substr(0, std::min(target.find("//"), target.size())));
  for (auto& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (lower != "http:" && lower != "https:") return std::nullopt;
  if (lower.size() + 2 > target.size()) return std::nullopt;
  return target.substr(lower.size() + 2);
}

}  // namespace

FUZZ_TARGET(input) {
  const auto match = match_route(input);
  // As the target of an absolute form: the same.
  const auto absolute = match_route("http://host" + std::string(input));
  if (input.starts_with('/')) FUZZ_CHECK(absolute.route == match.route);

  auto path = input;
  if (!path.starts_with('/')) {
    const auto authority = after_scheme(path);
    const auto end = authority ? authority->find_first_of("/?#") : std::string_view::npos;
    if (end == std::string_view::npos || (*authority)[end] != '/') {
      FUZZ_CHECK(match.route == Route::unknown);
      return;
    }
    path = authority->substr(end);
  }
  const auto question = path.find('?');
  check_path(match, path.substr(0, question));
  FUZZ_CHECK(match.query == (question == std::string_view::npos ? "" : path.substr(question + 1)));
  check_methods(match.route);
  check_query(match.query);
}

}  // namespace objectstore
