// How many requests to a server may be sent again.
#pragma once

#include <atomic>
#include <cstdint>

#include "runtime/clock.h"

namespace objectstore {

// Keeps an outage from multiplying the load: retries are a share of the requests, plus a few a
// second so that idle processes may retry too. Any thread may call; no locks.
class RetryBudget {
 public:
  struct Settings {
    std::int64_t retries_per_thousand_requests = 100;
    std::int64_t retries_per_second = 5;
    // Saved up at most; what a process begins with.
    std::int64_t reserve = 50;
  };

  RetryBudget(Settings settings, const Clock& clock);

  void request_begun();
  // Whether a retry may be sent; counts it.
  [[nodiscard]] bool take();

 private:
  void add(std::int64_t thousandths);
  void add_for_time();

  const Settings settings_;
  const Clock& clock_;
  std::atomic<std::int64_t> thousandths_;
  std::atomic<MonotonicTime> counted_until_;
};

}  // namespace objectstore
