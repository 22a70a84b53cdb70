// What happens to a request once its head is parsed: checks, then the endpoint of its route.
#pragma once

#include "http/in_flight.h"
#include "http/request_checks.h"
#include "http/request_parser.h"
#include "http/response.h"
#include "http/settings.h"
#include "runtime/log.h"
#include "service/object_service.h"

namespace objectstore {

// Thread-safe; outlives the connections that use it.
class Endpoints {
 public:
  Endpoints(const ServerSettings& settings, ObjectService& objects, Logger& logger);

  [[nodiscard]] InFlight& in_flight() { return in_flight_; }

  // Answers one request. `body` is read only where the payload is stored; `response` was reset.
  [[nodiscard]] Task<void> handle(const RequestHead& head, InFlight::Slot& slot, ByteStream& body,
                                  Response& response);

 private:
  // Logs the whole error, fills the response with what a client may see of it.
  void fail(const Error& error, const ObjectId& id, Response& response);
  void ready(Response& response) const;
  [[nodiscard]] Task<void> object(const RequestHead& head, AdmittedRequest& request,
                                  ByteStream& body, Response& response);
  [[nodiscard]] Task<void> get(const RequestHead& head, const ObjectId& id, Response& response);
  [[nodiscard]] Task<void> head(const ObjectId& id, Response& response);
  [[nodiscard]] Task<void> store(const RequestHead& head, AdmittedRequest& request,
                                 ByteStream& body, Response& response);
  [[nodiscard]] Task<void> remove(const ObjectId& id, Response& response);

  const ServerSettings& settings_;
  ObjectService& objects_;
  Logger& logger_;
  InFlight in_flight_;
};

}  // namespace objectstore
