// Payloads for tests.
#pragma once

#include <cstdint>
#include <string>

namespace objectstore::testing {

// `size` bytes without a pattern that repeats at a block's border; the same for the same size.
[[nodiscard]] inline std::string some_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint64_t state = size + 1;
  for (auto& byte : bytes) {
    state = state * 6364136223846793005 + 1442695040888963407;
    byte = static_cast<char>(state >> 56);
  }
  return bytes;
}

}  // namespace objectstore::testing
