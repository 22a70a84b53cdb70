// What the requests of RowStore do to a row: the rules themselves, for stores that evaluate
// predicates in this process (memory, RocksDB). Pure; whoever calls makes it atomic.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "storage/row_store.h"

namespace objectstore {

// Stamps and intents are kept this long (decisions: the GC rule of family `fi`); no request is
// delivered later than that.
inline constexpr std::uint64_t cell_lifetime_ms = 7ULL * 24 * 3600 * 1000;

struct IntentCell {
  std::uint64_t time_ms = 0;  // the version: a later one wins
  bool open = false;
  friend bool operator==(const IntentCell&, const IntentCell&) = default;
};

struct RowCells {
  RowState state = AbsentRow{};
  std::optional<Stamp> stamp;
  std::uint64_t stamp_written_ms = 0;  // the store's own clock, for collection only
  std::map<Uuid, IntentCell> intents;

  // Nothing in it: need not be stored.
  [[nodiscard]] bool empty() const {
    return std::holds_alternative<AbsentRow>(state) && !stamp && intents.empty();
  }
  friend bool operator==(const RowCells&, const RowCells&) = default;
};

// Each changes the row only where it says so; `now_ms` is the store's clock. A state given replaces
// the row's payload as well.

// True: applied.
[[nodiscard]] bool apply_write_unless_redirect(RowCells& row, const RowState& state,
                                               const Stamp& stamp, std::uint64_t now_ms);
[[nodiscard]] bool apply_open_intent(RowCells& row, const AttemptId& attempt,
                                     const IntentCondition& condition);
[[nodiscard]] bool apply_commit(RowCells& row, const AttemptId& attempt, const RowState& state,
                                const Stamp& stamp, std::uint64_t now_ms);
[[nodiscard]] FenceFound apply_fence(RowCells& row, const AttemptId& attempt);
// Refused once the present deadline has passed: by then a sweep may be deleting the object.
[[nodiscard]] bool apply_bump(RowCells& row, const Row& as_read, WallTime deadline,
                              std::uint64_t now_ms);

// Whether an attempt that was begun within the last hour may still commit: a sweep leaves such a
// row to the write. A courtesy, for the write would fail; an older one may be of a process that is
// gone.
[[nodiscard]] bool is_being_written(const RowCells& row, std::uint64_t now_ms);
// Those that may still commit.
[[nodiscard]] std::vector<AttemptId> open_attempts(const RowCells& row);
// The deadline of the row's state, if it has one.
[[nodiscard]] std::optional<WallTime> deadline_of(const RowState& state);
// Drops stamps and intents older than their lifetime; the state is never touched. A store that no
// request reaches late keeps fences only for `fence_lifetime_ms`: to it, an attempt without an
// intent is as good as a fenced one.
void collect_cells(RowCells& row, std::uint64_t now_ms,
                   std::uint64_t fence_lifetime_ms = cell_lifetime_ms);

}  // namespace objectstore
