// What the process tells of itself: health, readiness, load, metrics, the description of its API.
#pragma once

#include "http/call.h"
#include "http/in_flight.h"
#include "http/settings.h"
#include "runtime/task.h"

namespace objectstore {

class Pages {
 public:
  // What is passed by reference outlives it.
  Pages(const ServerSettings& settings, const ServiceParts& parts, const InFlight& in_flight)
      : settings_(settings), parts_(parts), in_flight_(in_flight) {}

  // Precondition: the route is internal.
  [[nodiscard]] Task<void> answer(Call& call) const;

 private:
  void ready(Response& response) const;
  void load(Response& response) const;

  const ServerSettings& settings_;
  const ServiceParts& parts_;
  const InFlight& in_flight_;
};

}  // namespace objectstore
