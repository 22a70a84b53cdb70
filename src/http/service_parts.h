// What the endpoints work with.
#pragma once

#include "auth/authenticator.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/metrics.h"
#include "runtime/random.h"
#include "service/concurrency.h"
#include "service/kill_switches.h"
#include "service/multipart_service.h"
#include "service/object_service.h"
#include "service/rate_limiter.h"
#include "service/usecase_policies.h"

namespace objectstore {

// All of it outlives the server, and any thread may call it.
struct ServiceParts {
  ObjectService& objects;
  MultipartService& uploads;
  ConcurrencyLimit& concurrency;
  Authenticator& authenticator;
  const KillSwitches& kill_switches;
  RateLimiter& rate_limiter;
  const UsecasePolicies& policies;
  Clock& clock;
  Random& random;
  Metrics& metrics;
  Logger& logger;
};

}  // namespace objectstore
