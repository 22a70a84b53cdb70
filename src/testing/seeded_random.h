// Randomness that a seed repeats.
#pragma once

#include <cstdint>
#include <mutex>

#include "runtime/random.h"

namespace objectstore::testing {

// SplitMix64. Safe to use from any thread; repeatable where one thread calls.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed = 1) : state_(seed) {}

  [[nodiscard]] std::uint64_t next() override {
    const std::lock_guard lock(mutex_);
    std::uint64_t mixed = (state_ += 0x9e3779b97f4a7c15);
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }
  // True once in `n` times.
  [[nodiscard]] bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::mutex mutex_;
  std::uint64_t state_;
};

}  // namespace objectstore::testing
