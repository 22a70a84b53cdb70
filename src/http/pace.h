// How long a client that sends or takes a little now and then may keep the server waiting.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/time.h"

namespace objectstore {

// A stall time-out alone is passed by one byte just before each end of it. So on average each such
// time must bring some bytes: a client that stays below falls behind, and may do so by a few
// time-outs at most. Whoever is faster never notices; what it was ahead is not saved up.
class Pace {
 public:
  // What a stall time-out must bring on average. Low: 35 bytes a second with the default of 30 s.
  static constexpr double bytes_per_stall = 1024;
  // How far a client may fall behind, in stall time-outs: five minutes with the default.
  static constexpr double longest_lag = 10;

  void renew() { lag_ = 0; }
  // How long the next bytes may take.
  [[nodiscard]] Duration allowed(Duration stall) const {
    return scaled(stall, std::clamp(longest_lag - lag_, 0.0, 1.0));
  }
  // `bytes` came or went after `waited`.
  void note(Duration waited, std::size_t bytes, Duration stall) {
    if (stall <= Duration::zero()) return;
    lag_ += static_cast<double>(waited.count()) / static_cast<double>(stall.count());
    lag_ = std::max(0.0, lag_ - static_cast<double>(bytes) / bytes_per_stall);
  }

 private:
  static Duration scaled(Duration duration, double factor) {
    if (factor >= 1) return duration;  // exactly, also where a double is too coarse
    return Duration(static_cast<Duration::rep>(static_cast<double>(duration.count()) * factor));
  }

  double lag_ = 0;  // in stall time-outs
};

}  // namespace objectstore
