// Which endpoint a request is for (http-api.md section 2), matched on the raw path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/request_parser.h"

namespace objectstore {

enum class Route : std::uint8_t {
  unknown,
  object,
  collection,
  batch,
  multipart_collection,
  multipart_object,
  multipart_parts,
  multipart_complete,
  health,
  ready,
  keda,
  metrics,
  openapi,
};
inline constexpr std::size_t route_count = 13;

// "/v1/objects/{usecase}/{scopes}/{*key}", or "unknown".
[[nodiscard]] std::string_view route_pattern(Route route);

// Views into the target. The captured segments are still percent-encoded.
struct RouteMatch {
  Route route = Route::unknown;
  std::string_view usecase;
  std::string_view scopes;
  std::string_view key;
  std::string_view path;   // all of it
  std::string_view query;  // without '?'
};

// `target`: origin form, or absolute form, whose scheme and authority are skipped.
[[nodiscard]] RouteMatch match_route(std::string_view target);

// Precondition for both: the route is not `unknown`.
[[nodiscard]] bool method_allowed(Route route, Method method);
// The value of the header Allow.
[[nodiscard]] std::string_view allowed_methods(Route route);

// Not counted against the in-flight limit and open to everybody: what looks at the process itself.
[[nodiscard]] bool is_internal(Route route);

}  // namespace objectstore
