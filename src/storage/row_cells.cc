#include "storage/row_cells.h"

#include <algorithm>

namespace objectstore {

namespace {

constexpr std::uint64_t hour_ms = 3'600'000;

void replace(RowCells& row, const RowState& state, const Stamp& stamp, std::uint64_t now_ms) {
  row.state = state;
  row.stamp = stamp;
  row.stamp_written_ms = now_ms;
  row.intents.clear();
}

// Unset: none.
bool has_target(const RowState& state, const std::optional<Revision>& target) {
  return target ? points_to(state, *target) : redirect_target(state) == nullptr;
}

// A cell that is set with an older time than the one there stays unseen.
void set_intent(RowCells& row, const AttemptId& attempt, IntentCell cell) {
  auto& stored = row.intents[attempt.id];
  if (cell.time_ms >= stored.time_ms) stored = cell;
}

}  // namespace

bool apply_write_unless_redirect(RowCells& row, const RowState& state, const Stamp& stamp,
                                 std::uint64_t now_ms) {
  if (std::holds_alternative<RedirectRow>(row.state)) return false;
  if (row.stamp && *row.stamp >= stamp) return false;
  replace(row, state, stamp, now_ms);
  return true;
}

bool apply_open_intent(RowCells& row, const AttemptId& attempt, const IntentCondition& condition) {
  if (row.stamp && row.stamp != condition.stamp) return false;
  if (!has_target(row.state, condition.redirect)) return false;
  if (condition.deadline && deadline_of(row.state) != condition.deadline) return false;
  set_intent(row, attempt, IntentCell{attempt.id.unix_ms(), true});
  return true;
}

bool apply_commit(RowCells& row, const AttemptId& attempt, const RowState& state,
                  const Stamp& stamp, std::uint64_t now_ms) {
  const auto intent = row.intents.find(attempt.id);
  if (intent == row.intents.end() || !intent->second.open) return false;
  replace(row, state, stamp, now_ms);
  return true;
}

FenceFound apply_fence(RowCells& row, const AttemptId& attempt) {
  const auto intent = row.intents.find(attempt.id);
  const bool open = intent != row.intents.end() && intent->second.open;
  set_intent(row, attempt, IntentCell{attempt.id.unix_ms() + 1, false});
  return open ? FenceFound::open : FenceFound::not_open;
}

bool apply_bump(RowCells& row, const Row& as_read, WallTime deadline, std::uint64_t now_ms) {
  // The stamp identifies the state, the deadline tells one bump of it from the next.
  if (row.stamp != as_read.stamp) return false;
  if (row.state.index() != as_read.state.index()) return false;
  const auto present = deadline_of(row.state);
  if (present != deadline_of(as_read.state)) return false;
  if (present && *present < from_unix_ms(now_ms)) return false;
  if (auto* value = std::get_if<InlineRow>(&row.state)) {
    value->metadata.time_expires = deadline;
    return true;
  }
  if (auto* redirect = std::get_if<RedirectRow>(&row.state)) {
    if (redirect->target != std::get<RedirectRow>(as_read.state).target) return false;
    redirect->deadline = deadline;
    return true;
  }
  return false;
}

bool is_being_written(const RowCells& row, std::uint64_t now_ms) {
  return std::any_of(row.intents.begin(), row.intents.end(), [now_ms](const auto& intent) {
    return intent.second.open && intent.second.time_ms + hour_ms > now_ms;
  });
}

std::optional<WallTime> deadline_of(const RowState& state) {
  if (const auto* value = std::get_if<InlineRow>(&state)) return value->metadata.time_expires;
  if (const auto* redirect = std::get_if<RedirectRow>(&state)) return redirect->deadline;
  return std::nullopt;
}

std::vector<AttemptId> open_attempts(const RowCells& row) {
  std::vector<AttemptId> attempts;
  for (const auto& [attempt, intent] : row.intents) {
    if (intent.open) attempts.push_back(AttemptId{attempt});
  }
  return attempts;
}

void collect_cells(RowCells& row, std::uint64_t now_ms, std::uint64_t fence_lifetime_ms) {
  if (now_ms < cell_lifetime_ms) return;
  const auto oldest = now_ms - cell_lifetime_ms;
  const auto oldest_fence = now_ms - fence_lifetime_ms;
  std::erase_if(row.intents, [&](const auto& intent) {
    return intent.second.time_ms < (intent.second.open ? oldest : oldest_fence);
  });
  // A stamp goes only from a row that is otherwise absent: elsewhere it costs nothing to keep.
  if (std::holds_alternative<AbsentRow>(row.state) && row.stamp_written_ms < oldest) {
    row.stamp.reset();
  }
}

}  // namespace objectstore
