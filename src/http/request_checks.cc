#include "http/request_checks.h"

#include <string>

#include "base/percent.h"

namespace objectstore {

namespace {

bool check_capacity(InFlight::Slot& slot, Route route, Response& response) {
  if (!slot.over_limit() || is_internal(route)) return true;
  slot.release();
  response.set_empty(503);
  response.server_header = false;
  return false;
}

bool check_route(const RequestHead& head, Route route, Response& response) {
  if (route == Route::unknown) {
    response.set_empty(404);
    return false;
  }
  if (!method_allowed(route, head.method)) {
    response.set_empty(405);
    response.add_header("allow", allowed_methods(route));
    return false;
  }
  return true;
}

bool decode_segment(std::string_view raw, std::string_view name, std::string& out,
                    Response& response) {
  out = percent_decode(raw);
  if (is_utf8(out)) return true;
  response.set_text(400, "Invalid URL: Invalid UTF-8 in `" + std::string(name) + "`");
  return false;
}

bool check_path(const RouteMatch& match, ObjectId& id, Response& response) {
  std::string scopes_text;
  if (!decode_segment(match.usecase, "usecase", id.usecase, response) ||
      !decode_segment(match.scopes, "scopes", scopes_text, response) ||
      !decode_segment(match.key, "key", id.key, response)) {
    return false;
  }
  auto scopes = Scopes::parse(scopes_text);
  if (!scopes.ok()) {
    response.set_text(400, "Invalid URL: " + scopes.error().message());
    return false;
  }
  id.scopes = std::move(scopes).value();
  return true;
}

}  // namespace

bool check_request(const RequestHead& head, InFlight::Slot& slot, AdmittedRequest& admitted,
                   Response& response) {
  admitted.match = match_route(head.target);
  const auto route = admitted.match.route;
  // 1. capacity, then routing
  if (!check_capacity(slot, route, response)) return false;
  if (!check_route(head, route, response)) return false;
  if (is_internal(route)) return true;
  // 2. authentication: its place is here (auth.md section 2)
  // 3. path; then, in this order and here: kill switches, rate limits
  if (!check_path(admitted.match, admitted.id, response)) return false;
  // 4. and further: range, query, metadata, usecase policy and the token's permission are checked
  // by the endpoint and the service.
  return true;
}

}  // namespace objectstore
