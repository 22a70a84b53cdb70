// Points in time as stored and compared: wall time in nanoseconds since the epoch (UTC), and
// monotonic time that is only ever compared with itself.
#pragma once

#include <chrono>
#include <cstdint>

namespace objectstore {

using Duration = std::chrono::nanoseconds;

// Wall time; may step in either direction. Stored in formats, shown to clients.
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

// A clock type only to make monotonic time a type of its own; it has no now(): see runtime/clock.h.
struct MonotonicTag {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicTag>;
  static constexpr bool is_steady = true;
};
using MonotonicTime = MonotonicTag::time_point;

[[nodiscard]] constexpr std::uint64_t unix_ms(WallTime time) {
  return static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count());
}
[[nodiscard]] constexpr WallTime from_unix_ms(std::uint64_t ms) {
  return WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(ms)));
}

}  // namespace objectstore
