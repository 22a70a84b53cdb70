#include "http/router.h"

#include <array>
#include <initializer_list>

#include "model/text.h"

namespace objectstore {

namespace {

constexpr unsigned bit(Method method) {
  return 1U << static_cast<unsigned>(method);
}

struct RouteInfo {
  Route route;
  std::string_view pattern;
  unsigned methods;
  std::string_view allow;
};

constexpr std::array<RouteInfo, route_count - 1> route_table = {{
    {Route::object, "/v1/objects/{usecase}/{scopes}/{*key}",
     bit(Method::get) | bit(Method::head) | bit(Method::put) | bit(Method::remove),
     "GET,HEAD,PUT,DELETE"},
    {Route::collection, "/v1/objects/{usecase}/{scopes}", bit(Method::post), "POST"},
    {Route::batch, "/v1/objects:batch/{usecase}/{scopes}/", bit(Method::post), "POST"},
    {Route::multipart_collection, "/v1/objects:multipart/{usecase}/{scopes}", bit(Method::post),
     "POST"},
    {Route::multipart_object, "/v1/objects:multipart/{usecase}/{scopes}/{*key}",
     bit(Method::put) | bit(Method::remove), "PUT,DELETE"},
    {Route::multipart_parts, "/v1/objects:multipart:parts/{usecase}/{scopes}/{*key}",
     bit(Method::put) | bit(Method::get) | bit(Method::head), "PUT,GET,HEAD"},
    {Route::multipart_complete, "/v1/objects:multipart:complete/{usecase}/{scopes}/{*key}",
     bit(Method::post), "POST"},
    {Route::health, "/health", bit(Method::get) | bit(Method::head), "GET,HEAD"},
    {Route::ready, "/ready", bit(Method::get) | bit(Method::head), "GET,HEAD"},
    {Route::keda, "/keda", bit(Method::get) | bit(Method::head), "GET,HEAD"},
    {Route::metrics, "/metrics", bit(Method::get) | bit(Method::head), "GET,HEAD"},
    {Route::openapi, "/openapi.yaml", bit(Method::get) | bit(Method::head), "GET,HEAD"},
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
struct PathFamily {
  std::string_view prefix;
  Route whole;
  bool final_slash_needed;  // of `whole`
  Route keyed;
};

constexpr std::array<PathFamily, 5> families = {{
    {"/v1/objects/", Route::collection, false, Route::object},
    {"/v1/objects:batch/", Route::batch, true, Route::unknown},
    {"/v1/objects:multipart/", Route::multipart_collection, false, Route::multipart_object},
    {"/v1/objects:multipart:parts/", Route::unknown, false, Route::multipart_parts},
    {"/v1/objects:multipart:complete/", Route::unknown, false, Route::multipart_complete},
}};

void match_segments(const PathFamily& family, std::string_view rest, RouteMatch& match) {
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

// Of the absolute form (RFC 9112, 3.2.2) what follows the authority; without a path there, that is
// no route of ours. Anything else is as it was.
std::string_view without_authority(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equals_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    const auto end = target.find_first_of("/?#", scheme.size());
    return end != std::string_view::npos && target[end] == '/' ? target.substr(end) : "/";
  }
  return target;
}

}  // namespace

RouteMatch match_route(std::string_view target) {
  RouteMatch match;
  auto path = without_authority(target);
  if (const auto question = path.find('?'); question != std::string_view::npos) {
    match.query = path.substr(question + 1);
    path = path.substr(0, question);
  }
  match.path = path;
  for (const auto& family : families) {
    if (path.starts_with(family.prefix)) {
      match_segments(family, path.substr(family.prefix.size()), match);
      return match;
    }
  }
  for (const auto route :
       {Route::health, Route::ready, Route::keda, Route::metrics, Route::openapi}) {
    if (path == route_pattern(route)) match.route = route;
  }
  return match;
}

std::string_view route_pattern(Route route) {
  return route == Route::unknown ? "unknown" : info(route).pattern;
}

bool method_allowed(Route route, Method method) {
  return (info(route).methods & bit(method)) != 0;
}

std::string_view allowed_methods(Route route) {
  return info(route).allow;
}

bool is_internal(Route route) {
  return route >= Route::health;
}

}  // namespace objectstore
