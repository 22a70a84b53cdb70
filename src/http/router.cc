#include "http/router.h"

#include <array>
#include <initializer_list>

namespace objectstore {

namespace {

constexpr unsigned bit(Method method) {
  return 1U << static_cast<unsigned>(method);
}

struct RouteInfo {
  Route route;
  unsigned methods;
  std::string_view allow;
};

constexpr std::array<RouteInfo, 9> route_table = {{
    {Route::object, bit(Method::get) | bit(Method::head) | bit(Method::put) | bit(Method::remove),
     "GET,HEAD,PUT,DELETE"},
    {Route::collection, bit(Method::post), "POST"},
    {Route::batch, bit(Method::post), "POST"},
    {Route::multipart_collection, bit(Method::post), "POST"},
    {Route::multipart_object, bit(Method::put) | bit(Method::remove), "PUT,DELETE"},
    {Route::multipart_parts, bit(Method::put) | bit(Method::get) | bit(Method::head),
     "PUT,GET,HEAD"},
    {Route::multipart_complete, bit(Method::post), "POST"},
    {Route::health, bit(Method::get) | bit(Method::head), "GET,HEAD"},
    {Route::ready, bit(Method::get) | bit(Method::head), "GET,HEAD"},
}};

const RouteInfo& info(Route route) {
  return route_table[static_cast<std::size_t>(route) - 1];  // `unknown` is not in the table
}

constexpr bool table_is_in_order() {
  for (std::size_t i = 0; i < route_table.size(); ++i) {
    if (static_cast<std::size_t>(route_table[i].route) != i + 1) return false;
  }
  return true;
}
static_assert(table_is_in_order());

// The path families below /v1/. `whole` is the route without a key, `keyed` the one with it.
struct Family {
  std::string_view prefix;
  Route whole;
  bool final_slash_needed;  // of `whole`
  Route keyed;
};

constexpr std::array<Family, 5> families = {{
    {"/v1/objects/", Route::collection, false, Route::object},
    {"/v1/objects:batch/", Route::batch, true, Route::unknown},
    {"/v1/objects:multipart/", Route::multipart_collection, false, Route::multipart_object},
    {"/v1/objects:multipart:parts/", Route::unknown, false, Route::multipart_parts},
    {"/v1/objects:multipart:complete/", Route::unknown, false, Route::multipart_complete},
}};

void match_segments(const Family& family, std::string_view rest, RouteMatch& match) {
  const auto usecase_end = rest.find('/');
  if (usecase_end == std::string_view::npos) return;
  match.usecase = rest.substr(0, usecase_end);
  rest.remove_prefix(usecase_end + 1);
  const auto scopes_end = rest.find('/');
  match.scopes = rest.substr(0, scopes_end);
  const bool slash = scopes_end != std::string_view::npos;
  if (slash) match.key = rest.substr(scopes_end + 1);
  if (!match.key.empty()) {
    match.route = family.keyed;
  } else if (slash || !family.final_slash_needed) {
    match.route = family.whole;
  }
}

std::string_view without_authority(std::string_view target) {
  if (target.starts_with('/')) return target;
  const auto scheme_end = target.find("://");
  if (scheme_end == std::string_view::npos) return target;
  const auto path = target.find('/', scheme_end + 3);
  return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
}

}  // namespace

RouteMatch match_route(std::string_view target) {
  RouteMatch match;
  auto path = without_authority(target);
  if (const auto question = path.find('?'); question != std::string_view::npos) {
    match.query = path.substr(question + 1);
    path = path.substr(0, question);
  }
  for (const auto& family : families) {
    if (path.starts_with(family.prefix)) {
      match_segments(family, path.substr(family.prefix.size()), match);
      return match;
    }
  }
  if (path == "/health") match.route = Route::health;
  if (path == "/ready") match.route = Route::ready;
  return match;
}

bool method_allowed(Route route, Method method) {
  return (info(route).methods & bit(method)) != 0;
}

std::string_view allowed_methods(Route route) {
  return info(route).allow;
}

bool is_internal(Route route) {
  return route == Route::health || route == Route::ready;
}

bool query_has(std::string_view query, std::string_view name, std::string_view value) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    if (pair.size() == name.size() + 1 + value.size() && pair.starts_with(name) &&
        pair[name.size()] == '=' && pair.ends_with(value)) {
      return true;
    }
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace objectstore
