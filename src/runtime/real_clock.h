// The clock of the machine. Made in app/ and in tests of real sockets only.
#pragma once

#include "runtime/clock.h"

namespace objectstore {

// Safe to use from any thread.
class RealClock final : public Clock {
 public:
  [[nodiscard]] WallTime now() const override;
  // CLOCK_MONOTONIC: stands still while the machine is suspended.
  [[nodiscard]] MonotonicTime monotonic_now() const override;
  // Never throws; returns at once where the coroutine was cancelled before.
  [[nodiscard]] Task<void> sleep_until(MonotonicTime when) override;
};

}  // namespace objectstore
