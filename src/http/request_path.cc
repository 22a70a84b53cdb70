#include "http/request_path.h"

#include <string>
#include <utility>

#include "base/percent.h"

namespace objectstore {

namespace {

bool decode_segment(std::string_view raw, std::string_view name, std::string& out,
                    Response& response) {
  out = percent_decode(raw);
  if (is_utf8(out)) return true;
  response.set_text(400, "Invalid URL: Invalid UTF-8 in `" + std::string(name) + "`");
  return false;
}

}  // namespace

bool check_route(Route route, Method method, Response& response) {
  if (route == Route::unknown) {
    response.set_empty(404);
    return false;
  }
  if (!method_allowed(route, method)) {
    response.set_empty(405);
    response.add_header("allow", allowed_methods(route));
    return false;
  }
  return true;
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

}  // namespace objectstore
