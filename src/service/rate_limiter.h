// Requests and bytes per second (contract semantics.md section 5).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "model/object_id.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/metrics.h"
#include "service/settings.h"

namespace objectstore {

enum class RateLimitReason : std::uint8_t {
  bandwidth_global,
  bandwidth_usecase,
  bandwidth_scope,
  throughput_global,
  throughput_usecase,
  throughput_scope,
  throughput_rule,
};
// The tag `reason` of server.request.rate_limited.
[[nodiscard]] std::string_view to_string(RateLimitReason reason);

// Any thread may call. What is passed by reference outlives it. Differs from the contract in two
// points: the maps of usecases and scopes are bounded (service/bucket_map.h; buckets are forgotten
// that are full, or have no debt), and a bandwidth of zero admits nothing from the start.
class RateLimiter {
 public:
  RateLimiter(const RateLimits& limits, Clock& clock, Metrics& metrics, Logger& logger);
  ~RateLimiter();

  // Takes a token of each bucket that the request falls under; a rejection is counted and logged.
  [[nodiscard]] std::optional<RateLimitReason> admit(std::string_view usecase, const Scopes& scopes,
                                                     std::string_view request_id = {});

  // Where the bytes of one request are accounted. A value, cheap to copy; the limiter outlives it.
  class Transfer {
   public:
    Transfer() = default;  // accounts nothing
    void spend(std::uint64_t bytes) const;

   private:
    friend class RateLimiter;
    struct Buckets;
    std::shared_ptr<const Buckets> buckets_;
    RateLimiter* limiter_ = nullptr;
  };
  [[nodiscard]] Transfer transfer(std::string_view usecase, const Scopes& scopes);

  // Since the start, with or without limits: what /keda shows.
  [[nodiscard]] std::uint64_t bytes_total() const;
  [[nodiscard]] std::uint64_t admitted_total() const;
  [[nodiscard]] const RateLimits& limits() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace objectstore
