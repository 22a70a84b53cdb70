// What happens to a request once its head is parsed: checks, then the endpoint of its route.
#pragma once

#include <atomic>
#include <string>

#include "http/call.h"
#include "http/in_flight.h"
#include "http/pages.h"
#include "http/request_metrics.h"
#include "http/settings.h"

namespace objectstore {

// Thread-safe; outlives the connections that use it.
class Endpoints {
 public:
  Endpoints(const ServerSettings& settings, const ServiceParts& parts);

  [[nodiscard]] InFlight& in_flight() { return in_flight_; }
  [[nodiscard]] RequestMetrics& metrics() { return metrics_; }

  // Answers one request. `body` is read only where the payload is stored; `response` was reset.
  // What is passed by reference outlives the request: a live body uses it further.
  [[nodiscard]] Task<void> handle(const RequestHead& head, InFlight::Slot& slot,
                                  RequestMetrics::Record& record, AdmittedRequest& request,
                                  ByteStream& body, Response& response);

 private:
  // The caller's own id where it is fit to be shown, else one of ours.
  void set_request_id(const RequestHead& head, Response& response);
  [[nodiscard]] Task<void> dispatch(Call& call);

  ServiceParts parts_;
  InFlight in_flight_;
  RequestMetrics metrics_;
  Pages pages_;
  std::string id_prefix_;  // of this process
  std::atomic<std::uint64_t> next_id_ = 0;
};

}  // namespace objectstore
