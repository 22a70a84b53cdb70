// Requests per second: a token bucket (contract semantics.md section 5).
#pragma once

#include <cstdint>

#include "base/time.h"

namespace objectstore {

struct ThroughputRate {
  std::uint64_t per_second = 0;
  std::uint64_t burst = 0;
};

// Not thread-safe. Counts in billionths of a token, of which a rate of one per second gives one in
// a nanosecond: nothing is rounded, however often the bucket is asked. `now` may go back, as other
// threads have seen it: nothing is refilled then.
class ThroughputBucket {
 public:
  // Full. `rate`: at most 255 % of a 32-bit number, and a 32-bit burst: that is just below 2^64
  // billionths.
  explicit ThroughputBucket(ThroughputRate rate)
      : per_second_(rate.per_second),
        capacity_((rate.per_second + rate.burst) * token),
        level_(capacity_) {}

  // Takes a token if there is a whole one.
  [[nodiscard]] bool take(MonotonicTime now) {
    refill(now);
    if (level_ < token) return false;
    level_ -= token;
    return true;
  }

  // As a new one would be.
  [[nodiscard]] bool is_full(MonotonicTime now) {
    refill(now);
    return level_ == capacity_;
  }

 private:
  static constexpr std::uint64_t token = 1'000'000'000;

  void refill(MonotonicTime now) {
    if (now <= refilled_at_) return;
    const auto elapsed = static_cast<std::uint64_t>((now - refilled_at_).count());
    refilled_at_ = now;
    std::uint64_t credit = 0;
    const bool huge = __builtin_mul_overflow(elapsed, per_second_, &credit);
    level_ = huge || credit >= capacity_ - level_ ? capacity_ : level_ + credit;
  }

  std::uint64_t per_second_;
  std::uint64_t capacity_;
  std::uint64_t level_;
  MonotonicTime refilled_at_{};  // monotonic times are not negative
};

}  // namespace objectstore
