// How large the parts of an upload of unknown length are.
#pragma once

#include <algorithm>
#include <cstdint>

namespace objectstore {

inline constexpr std::uint32_t most_parts = 10'000;                    // S3's limits
inline constexpr std::uint64_t largest_part = std::uint64_t{5} << 30;  // bytes

// Of part `number` (from 1), in bytes: doubles every 900 parts, so that `most_parts` of them, from
// 5 MiB on, hold more than 5 TiB.
[[nodiscard]] constexpr std::uint64_t part_length(std::uint64_t first_part, std::uint32_t number) {
  constexpr std::uint32_t parts_of_one_length = 900;
  const auto doublings = (number - 1) / parts_of_one_length;
  return std::min(largest_part, first_part << doublings);
}

}  // namespace objectstore
