// Bytes per second: a debt that time pays (GCRA; contract semantics.md section 5).
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>

#include "base/time.h"

namespace objectstore {

// Any thread may call. A rate of zero admits nothing, from the start.
class BandwidthBucket {
 public:
  explicit BandwidthBucket(std::uint64_t bytes_per_second) : bytes_per_second_(bytes_per_second) {}

  void spend(std::uint64_t bytes, MonotonicTime now) {
    const auto cost = cost_of(bytes);
    auto paid_at = paid_at_.load(std::memory_order_relaxed);
    std::int64_t next = 0;
    do {
      const auto from = std::max(paid_at, nanoseconds(now));
      next = cost > never - from ? never : from + cost;
    } while (!paid_at_.compare_exchange_weak(paid_at, next, std::memory_order_relaxed));
  }

  // Whether a debt is left that takes no longer to pay than `tolerated`, which isn't negative.
  [[nodiscard]] bool admits(MonotonicTime now, Duration tolerated) const {
    return bytes_per_second_ != 0 && debt(now) <= tolerated.count();
  }
  [[nodiscard]] bool has_debt(MonotonicTime now) const { return debt(now) > 0; }

 private:
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

  // Monotonic times are not negative: no difference of two overflows.
  static std::int64_t nanoseconds(MonotonicTime now) {
    return std::max<std::int64_t>(now.time_since_epoch().count(), 0);
  }

  std::int64_t debt(MonotonicTime now) const {
    return paid_at_.load(std::memory_order_relaxed) - nanoseconds(now);
  }

  std::int64_t cost_of(std::uint64_t bytes) const {
    if (bytes == 0) return 0;
    if (bytes_per_second_ == 0) return never;
    const auto cost = static_cast<Wide>(bytes) * 1'000'000'000 / bytes_per_second_;
    return cost > never ? never : static_cast<std::int64_t>(cost);
  }

  __extension__ using Wide = unsigned __int128;

  const std::uint64_t bytes_per_second_;
  std::atomic<std::int64_t> paid_at_ = 0;  // when all traffic is paid: monotonic nanoseconds
};

}  // namespace objectstore
