#include "runtime/real_random.h"

#include <sys/random.h>

#include <array>
#include <bit>

#include "base/assert.h"

namespace objectstore {

namespace {

// https://prng.di.unimi.it/xoshiro256starstar.c
class Xoshiro {
 public:
  Xoshiro() {
    // Up to 256 bytes come whole or not at all once the kernel's pool is ready.
    const auto got = ::getrandom(state_.data(), sizeof state_, 0);
    OBJECTSTORE_ASSERT(got == static_cast<ssize_t>(sizeof state_));
    state_[0] |= 1;  // the all-zero state would stay zero
  }

  std::uint64_t next() {
    const auto result = std::rotl(state_[1] * 5, 7) * 9;
    const auto shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace

std::uint64_t RealRandom::next() {
  thread_local Xoshiro generator;
  return generator.next();
}

}  // namespace objectstore
