// Families, columns and times of cells (docs/formats/bigtable-rows.md).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string_view>

#include "base/time.h"

namespace objectstore::bigtable {

// Rows that the store collects by itself once their cells' time has passed, and those it keeps.
inline constexpr std::string_view collected_family = "fg";
inline constexpr std::string_view kept_family = "fm";
inline constexpr std::string_view object_families = "f[mg]";  // both, as a regular expression
// Intents and stamps; entries of the change log.
inline constexpr std::string_view intent_family = "fi";
inline constexpr std::string_view log_family = "fc";

inline constexpr std::string_view payload_column = "p";
inline constexpr std::string_view metadata_column = "m";
inline constexpr std::string_view redirect_column = "r";
inline constexpr std::string_view policy_column = "t";
inline constexpr std::string_view stamp_column = "s";
inline constexpr std::string_view entry_column = "c";
inline constexpr std::string_view upload_state_column = "s";  // beside it
inline constexpr std::string_view entry_columns = "[cs]";     // both, as a regular expression

inline constexpr std::string_view open_intent = "open";
inline constexpr std::string_view fenced_intent = "fenced";

// Keys that begin with it are no rows of objects: the change log, its quarantine. Usecases don't.
inline constexpr std::string_view reserved_keys = "~";
inline constexpr std::string_view after_reserved_keys = "\x7f";

// Cells are dated in microseconds, by whole milliseconds. -1: by the server.
inline constexpr std::int64_t server_time = -1;
inline constexpr std::int64_t cell_time_step = 1000;
inline constexpr std::uint64_t last_cell_ms = std::numeric_limits<std::int64_t>::max() / 1000;

[[nodiscard]] constexpr std::int64_t cell_time_of_ms(std::uint64_t ms) {
  return static_cast<std::int64_t>(std::min(ms, last_cell_ms)) * cell_time_step;
}
[[nodiscard]] constexpr std::uint64_t cell_ms(std::int64_t cell_time) {
  return cell_time < 0 ? 0 : static_cast<std::uint64_t>(cell_time) / cell_time_step;
}
// Cut to whole milliseconds; times before the epoch can't be stored and become the epoch.
[[nodiscard]] constexpr std::int64_t cell_time(WallTime time) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  return cell_time_of_ms(static_cast<std::uint64_t>(std::max<std::int64_t>(0, ms)));
}
// Times that WallTime can't hold, which other writers may store, are read as its last.
[[nodiscard]] constexpr WallTime wall_time(std::int64_t cell_time) {
  constexpr auto last = std::chrono::floor<std::chrono::microseconds>(Duration::max()).count();
  if (cell_time > last) return WallTime::max();
  return WallTime(std::chrono::microseconds(std::max<std::int64_t>(0, cell_time)));
}
// Whether a cell can be dated so, and `wall_time` gave it: what was read is always so.
[[nodiscard]] constexpr bool is_cell_time(WallTime time) {
  return wall_time(cell_time(time)) == time;
}

}  // namespace objectstore::bigtable
