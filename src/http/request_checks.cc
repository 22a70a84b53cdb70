#include "http/request_checks.h"

#include "http/errors.h"
#include "http/headers.h"
#include "http/request_path.h"
#include "service/downstream_service.h"

namespace objectstore {

namespace {

bool check_capacity(InFlight::Slot& slot, Route route, Response& response) {
  if (!slot.over_limit() || is_internal(route)) return true;
  slot.release();
  response.set_empty(503);
  response.server_header = false;
  return false;
}

std::optional<std::string_view> calling_service(const RequestHead& head) {
  const auto name = find_header(head.headers, "x-downstream-service");
  if (!name || !is_visible_ascii(*name)) return std::nullopt;
  return normalised_service(*name);
}

bool check_credential(const RequestHead& head, Authenticator& authenticator,
                      AdmittedRequest& admitted, Response& response) {
  PresentedCredential credential;
  credential.method = to_string(head.method);
  credential.path = admitted.match.path;
  credential.query = admitted.match.query;
  credential.x_os_auth = find_header(head.headers, "x-os-auth");
  credential.authorization = find_header(head.headers, "authorization");
  credential.request_id = response.request_id;
  auto result = authenticator.authenticate(credential);
  if (const auto* failure = std::get_if<AuthFailure>(&result)) {
    answer(client_error(*failure), response);
    return false;
  }
  admitted.access = std::get<Access>(std::move(result));
  return true;
}

bool check_kill_switches(const AdmittedRequest& request, ServiceParts& parts,
                         RequestMetrics::Record& record, Response& response) {
  if (!parts.kill_switches.matches(request.id.usecase, request.id.scopes, request.service)) {
    return true;
  }
  record.kill_switched();
  parts.logger.warn("request switched off",
                    {{"usecase", request.id.usecase}, {"request_id", response.request_id}});
  response.set_text(403, "Object access is disabled for this scope through killswitches");
  return false;
}

bool check_rate(AdmittedRequest& request, RateLimiter& limiter, Response& response) {
  if (limiter.admit(request.id.usecase, request.id.scopes, response.request_id)) {
    response.set_text(429, "Object access is rate limited");
    return false;
  }
  request.transfer = limiter.transfer(request.id.usecase, request.id.scopes);
  return true;
}

}  // namespace

bool check_request(const RequestHead& head, ServiceParts& parts, InFlight::Slot& slot,
                   RequestMetrics::Record& record, AdmittedRequest& admitted, Response& response) {
  admitted.match = match_route(head.target);
  const auto route = admitted.match.route;
  admitted.service = calling_service(head);
  record.routed(route, head.method, admitted.service);
  // 1. capacity, then routing
  if (!check_capacity(slot, route, response)) {
    record.refused(admitted.service);
    return false;
  }
  if (!check_route(route, head.method, response)) return false;
  if (is_internal(route)) return true;
  // 2. authentication
  if (!check_credential(head, parts.authenticator, admitted, response)) return false;
  // 3. path, kill switches, rate limits
  if (!check_path(admitted.match, admitted.id, response)) return false;
  if (!check_kill_switches(admitted, parts, record, response)) return false;
  return check_rate(admitted, parts.rate_limiter, response);
  // 4. and further: range, query, metadata, usecase policy and the token's permission are checked
  // by the endpoint.
}

}  // namespace objectstore
