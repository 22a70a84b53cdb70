// Time as a parameter. The real clock is made in app/; tests own theirs.
#pragma once

#include "base/time.h"
#include "runtime/task.h"

namespace objectstore {

class Clock {
 public:
  virtual ~Clock() = default;

  // Wall time: may be wrong and may step. For deadlines of objects and text for people only.
  [[nodiscard]] virtual WallTime now() const = 0;
  // Never steps back. For time-outs, staleness and back-off.
  [[nodiscard]] virtual MonotonicTime monotonic_now() const = 0;
  // Returns at `when` or later; early only if the coroutine is cancelled.
  [[nodiscard]] virtual Task<void> sleep_until(MonotonicTime when) = 0;
  [[nodiscard]] Task<void> sleep_for(Duration duration) {
    return sleep_until(monotonic_now() + duration);
  }
};

}  // namespace objectstore
