#include "tiered/upload_settlement.h"

#include <algorithm>

namespace objectstore {

namespace {

EntryTime ms(Duration span) {
  return static_cast<EntryTime>(
      std::chrono::duration_cast<std::chrono::milliseconds>(span).count());
}

}  // namespace

Task<Result<void>> UploadSettlement::settle(LogEntry entry) {
  switch (entry.upload_state->phase) {
    case UploadPhase::held:
      co_return co_await settle_held(std::move(entry));
    case UploadPhase::idle: {
      CO_TRY(co_await give_up(std::move(entry)));
      co_return Result<void>();
    }
    case UploadPhase::dead:
      break;
  }
  co_return co_await clean(std::move(entry));
}

Task<Result<void>> UploadSettlement::settle_held(LogEntry held) {
  const auto& attempts = held.upload_state->attempts;
  if (attempts.empty()) {
    co_return Error(ErrorCode::corrupt, "an upload is held, and no attempt holds it");
  }
  const auto attempt = attempts.back();
  CO_TRY_ASSIGN(const auto verdict, co_await settlement_.judge(held.change.object, attempt,
                                                               context_.request_deadline()));
  if (verdict.found == FenceFound::open) {
    CO_TRY(co_await make_idle(std::move(held)));
  } else {
    CO_TRY(co_await give_up(std::move(held)));
  }
  co_return Result<void>();
}

Task<Result<std::optional<LogEntry>>> UploadSettlement::declare_dead(LogEntry entry) {
  LogEntry dead = entry;
  dead.upload_state->phase = UploadPhase::dead;
  const auto now = unix_ms(context_.clock.now());
  CO_TRY_ASSIGN(const bool moved, co_await parts_.entries->move(entry, dead, now));
  if (!moved) co_return std::optional<LogEntry>();
  co_return std::optional<LogEntry>(std::move(dead));
}

Task<Result<bool>> UploadSettlement::give_up(LogEntry entry) {
  CO_TRY_ASSIGN(auto dead, co_await declare_dead(std::move(entry)));
  if (!dead) co_return false;
  CO_TRY(co_await clean(*std::move(dead)));
  co_return true;
}

Task<bool> UploadSettlement::give_back(LogEntry held) {
  const auto id = held.change.id;
  const auto moved = co_await make_idle(std::move(held));
  if (moved.ok()) co_return *moved;
  context_.logger.warn("an upload is left to recovery",
                       {{"change", id.str()}, {"error", moved.error().describe()}});
  co_return false;
}

Task<Result<bool>> UploadSettlement::make_idle(LogEntry held) {
  LogEntry idle = held;
  idle.upload_state->phase = UploadPhase::idle;
  // What it replaces is known anew by the attempt that holds it next.
  idle.change.old_revision.reset();
  // Never sooner than it was due before: an upload is due at the end of its lifetime, or of the
  // retry window after the last attempt.
  const auto lifetime_ends = idle.change.id.unix_ms() + ms(context_.settings.multipart_lifetime);
  const auto window_ends =
      unix_ms(context_.clock.now()) + ms(context_.settings.multipart_retry_window);
  const auto due = std::max(lifetime_ends, window_ends);
  co_return co_await parts_.entries->move(held, idle, due);
}

Task<Result<void>> UploadSettlement::clean(LogEntry dead) {
  if (dead.upload_state->nonce == Uuid()) {
    // Dead it is, but whom to fence is not known: somebody may still commit what would be deleted.
    co_return Error(ErrorCode::corrupt, "the upload's state is missing from its entry");
  }
  CO_TRY_ASSIGN(const auto row, co_await fence_all(dead));
  const auto& change = dead.change;
  const bool is_object = points_to(row.state, *change.new_revision);
  // A completed upload is over; any other could still be completed.
  const std::string no_address;
  if (!is_object) {
    CO_TRY(co_await end_upload(dead));
    CO_TRY(co_await context_.blobs.discard(*change.new_revision, no_address));
    // Once more, for a part that was on its way when the first one came.
    CO_TRY(co_await end_upload(dead));
  }
  if (change.old_revision && !points_to(row.state, *change.old_revision)) {
    CO_TRY(co_await context_.blobs.discard(*change.old_revision, no_address));
  }
  co_return co_await end_entry(std::move(dead));
}

Task<Result<Row>> UploadSettlement::fence_all(const LogEntry& entry) {
  const auto deadline = context_.request_deadline();
  for (const auto& attempt : entry.upload_state->attempts)
    CO_TRY(co_await settlement_.judge(entry.change.object, attempt, deadline));
  co_return co_await context_.read_row(entry.change.object, RowPart::metadata, deadline);
}

Task<Result<void>> UploadSettlement::end_upload(const LogEntry& entry) {
  const auto& name = *entry.change.new_revision;
  const auto& upload_id = entry.upload_state->upload_id;
  if (upload_id.empty()) co_return co_await parts_.blobs->abort_all(name);
  co_return co_await parts_.blobs->abort(name, upload_id);
}

Task<Result<void>> UploadSettlement::end_entry(LogEntry dead) {
  // An upload whose id nobody has learned may have been asked for and still be opened.
  if (dead.upload_state->upload_id.empty() && !dead.swept_later) {
    LogEntry kept = dead;
    kept.swept_later = true;
    const auto due = context_.clock.now() + context_.settings.late_upload_window +
                     context_.settings.largest_clock_skew;
    CO_TRY(co_await parts_.entries->move(dead, kept, unix_ms(due)));
    co_return Result<void>();
  }
  CO_TRY(co_await parts_.entries->remove(dead));
  co_return Result<void>();
}

Task<void> UploadSettlement::clean_task(LogEntry dead) {
  const auto id = dead.change.id;
  const auto cleaned = co_await clean(std::move(dead));
  if (cleaned.ok()) co_return;
  context_.logger.warn("an upload is left to recovery",
                       {{"change", id.str()}, {"error", cleaned.error().describe()}});
}

Task<void> UploadSettlement::clean_in_background(LogEntry dead) {
  co_await context_.run_in_background(clean_task(std::move(dead)));
}

}  // namespace objectstore
