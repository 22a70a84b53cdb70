// Randomness as a parameter: ids, jitter and choices come from here, so that a simulation can
// replay them.
#pragma once

#include <cstdint>

#include "base/uuid.h"
#include "runtime/clock.h"

namespace objectstore {

// Safe to call from any thread.
class Random {
 public:
  virtual ~Random() = default;
  [[nodiscard]] virtual std::uint64_t next() = 0;

  // Uniform in [0, bound); precondition: bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return next() % bound; }
};

[[nodiscard]] inline Uuid make_uuid_v7(const Clock& clock, Random& random) {
  const auto high = random.next();
  const auto low = random.next();
  return Uuid::v7(unix_ms(clock.now()), high, low);
}
[[nodiscard]] inline Uuid make_uuid_v4(Random& random) {
  const auto high = random.next();
  const auto low = random.next();
  return Uuid::v4(high, low);
}

}  // namespace objectstore
