// Exponential back-off with jitter.
#pragma once

#include <algorithm>

#include "base/time.h"
#include "runtime/random.h"

namespace objectstore {

struct BackoffSettings {
  Duration initial = std::chrono::milliseconds(100);
  Duration longest = std::chrono::seconds(30);
  // Each delay is this many tenths of the one before.
  int growth_tenths = 15;
};

class Backoff {
 public:
  Backoff(BackoffSettings settings, Random& random)
      : settings_(settings), random_(random), current_(settings.initial) {}

  // The next delay: between half of the step and all of it.
  [[nodiscard]] Duration next() {
    const auto step = current_;
    current_ = std::min(settings_.longest, current_ * settings_.growth_tenths / 10);
    const auto half = std::max<std::int64_t>(1, step.count() / 2);
    return step / 2 + Duration(static_cast<std::int64_t>(random_.below(half)));
  }
  void reset() { current_ = settings_.initial; }

 private:
  BackoffSettings settings_;
  Random& random_;
  Duration current_;
};

}  // namespace objectstore
