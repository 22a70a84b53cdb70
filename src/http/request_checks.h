// What is checked of every request before its endpoint runs, in the order of http-api.md section 4.
#pragma once

#include "http/in_flight.h"
#include "http/request_parser.h"
#include "http/response.h"
#include "http/router.h"
#include "model/object_id.h"

namespace objectstore {

struct AdmittedRequest {
  RouteMatch match;
  // Of /v1 routes; the key is empty where the route has none.
  ObjectId id;
};

// Runs all checks. True: the endpoint may run, `admitted` is filled. False: `response` is.
[[nodiscard]] bool check_request(const RequestHead& head, InFlight::Slot& slot,
                                 AdmittedRequest& admitted, Response& response);

}  // namespace objectstore
