// What is checked of every request before its endpoint runs, in the order of http-api.md section 4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/authenticator.h"
#include "http/in_flight.h"
#include "http/request_metrics.h"
#include "http/request_parser.h"
#include "http/response.h"
#include "http/router.h"
#include "http/service_parts.h"
#include "model/object_id.h"
#include "service/rate_limiter.h"

namespace objectstore {

// Views live as long as the request's head.
struct AdmittedRequest {
  RouteMatch match;
  // Of /v1 routes; the key is empty where the route has none.
  ObjectId id;
  Access access = Access::full();
  // Where the bytes of its payloads are accounted.
  RateLimiter::Transfer transfer;
  // x-downstream-service, normalised; unset: the request names none.
  std::optional<std::string_view> service;
};

// Runs all checks. True: the endpoint may run, `admitted` is filled. False: `response` is.
[[nodiscard]] bool check_request(const RequestHead& head, ServiceParts& parts, InFlight::Slot& slot,
                                 RequestMetrics::Record& record, AdmittedRequest& admitted,
                                 Response& response);

}  // namespace objectstore
