// The hybrid logical clock that numbers the writes of rows.
#pragma once

#include <algorithm>
#include <atomic>

#include "runtime/clock.h"
#include "storage/row_store.h"

namespace objectstore {

// Thread-safe, without locks. A number is above every one given before and every one observed,
// and near the wall clock where that is right.
class StampClock {
 public:
  explicit StampClock(Clock& clock) : clock_(clock) {}

  [[nodiscard]] std::uint64_t next() {
    const auto micros = std::chrono::floor<std::chrono::microseconds>(clock_.now());
    const auto physical = static_cast<std::uint64_t>(micros.time_since_epoch().count());
    auto last = last_.load(std::memory_order_relaxed);
    std::uint64_t number = 0;
    do {
      number = std::max(physical, last + 1);
    } while (!last_.compare_exchange_weak(last, number));
    return number;
  }

  void observe(const std::optional<Stamp>& stamp) {
    if (!stamp) return;
    auto last = last_.load(std::memory_order_relaxed);
    while (last < stamp->number && !last_.compare_exchange_weak(last, stamp->number)) {
    }
  }

 private:
  Clock& clock_;
  std::atomic<std::uint64_t> last_ = 0;
};

}  // namespace objectstore
