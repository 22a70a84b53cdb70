// From a request's target to the object it names (http-api.md sections 2 and 3). A pure function of
// untrusted bytes.
#pragma once

#include "http/request_parser.h"
#include "http/response.h"
#include "http/router.h"
#include "model/object_id.h"

namespace objectstore {

// Whether there is such a route, and it knows the method. False: the response says so.
[[nodiscard]] bool check_route(Route route, Method method, Response& response);

// Decodes what the route has captured; the key is empty where the route has none. Precondition: a
// route that is not internal. False: the response says what is wrong.
[[nodiscard]] bool check_path(const RouteMatch& match, ObjectId& id, Response& response);

}  // namespace objectstore
