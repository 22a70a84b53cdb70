// Randomness for ids and jitter. Not for secrets: whoever sees outputs can compute the next ones.
#pragma once

#include "runtime/random.h"

namespace objectstore {

// xoshiro256**, one generator a thread, each seeded from the kernel. Safe to use from any thread.
class RealRandom final : public Random {
 public:
  [[nodiscard]] std::uint64_t next() override;
};

}  // namespace objectstore
