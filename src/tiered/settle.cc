#include "tiered/settle.h"

namespace objectstore {

Task<Result<Verdict>> Settlement::judge(const std::string& key, const AttemptId& attempt,
                                        MonotonicTime deadline) {
  Verdict verdict;
  Backoff backoff(context_.settings.backoff, context_.random);
  while (true) {
    auto fenced = co_await context_.rows.fence(key, attempt);
    if (fenced.ok()) {
      context_.metrics.fenced();
      verdict.found = *fenced;
      break;
    }
    if (!fenced.error().retryable()) co_return std::move(fenced).error();
    const bool again = co_await context_.pause(backoff, deadline);
    if (!again) co_return std::move(fenced).error();
  }
  CO_TRY_ASSIGN(verdict.row, co_await context_.read_row(key, RowPart::metadata, deadline));
  co_return std::move(verdict);
}

Task<Result<Discarded>> Settlement::discard(const Revision& name, const std::string& upload) {
  Backoff backoff(context_.settings.backoff, context_.random);
  for (int attempt = 1;; ++attempt) {
    auto discarded = co_await context_.blobs.discard(name, upload);
    if (discarded.ok()) co_return discarded;
    if (discarded.error().code() == ErrorCode::unsupported) co_return discarded;
    const bool last = attempt >= context_.settings.cleanup_attempts;
    if (last && context_.settings.log_is_durable) co_return discarded;
    const bool again = co_await context_.pause(backoff, MonotonicTime::max());
    if (!again) co_return discarded;
  }
}

Task<Result<void>> Settlement::clean(ChangeGuard guard, Row row, UploadEnded upload_ended) {
  auto cleaned = co_await clean_up(std::move(guard), std::move(row), upload_ended);
  context_.metrics.settled(cleaned.ok() ? *cleaned : SettleOutcome::failed);
  if (!cleaned.ok()) co_return std::move(cleaned).error();
  co_return Result<void>();
}

Task<Result<SettleOutcome>> Settlement::clean_up(ChangeGuard guard, Row row,
                                                 UploadEnded upload_ended) {
  // Whose heartbeats have failed may be settled by somebody else already: leave it to them.
  if (!guard.valid()) {
    co_return Error(ErrorCode::unavailable, "the change's heartbeats have failed");
  }
  const Change change = guard.change();
  bool may_appear_later = false;
  if (change.new_revision && !points_to(row.state, *change.new_revision)) {
    CO_TRY_ASSIGN(const auto discarded, co_await discard(*change.new_revision, change.upload));
    may_appear_later = discarded == Discarded::may_appear_later && upload_ended == UploadEnded::no;
  }
  if (change.old_revision && !points_to(row.state, *change.old_revision)) {
    const std::string ended;  // its upload is over since it was committed
    CO_TRY(co_await discard(*change.old_revision, ended));
  }
  if (may_appear_later) {
    const auto due = context_.clock.now() + context_.settings.late_upload_window +
                     context_.settings.largest_clock_skew;
    CO_TRY(co_await guard.keep_until(unix_ms(due)));
    co_return SettleOutcome::kept;
  }
  CO_TRY(co_await guard.close());
  co_return SettleOutcome::done;
}

void Settlement::report_left_behind(const Change& change, const Error& error) {
  context_.logger.warn(
      context_.settings.log_is_durable
          ? "a change is left to recovery"
          : "a change could not be cleaned up; without a change log a blob may be left behind",
      {{"change", change.id.str()}, {"object", change.object}, {"error", error.describe()}});
}

Task<void> Settlement::clean_task(ChangeGuard guard, Row row, UploadEnded upload_ended) {
  const Change change = guard.change();
  const auto cleaned = co_await clean(std::move(guard), std::move(row), upload_ended);
  if (!cleaned.ok()) report_left_behind(change, cleaned.error());
}

Task<void> Settlement::settle_task(ChangeGuard guard, UploadEnded upload_ended) {
  const Change change = guard.change();
  while (true) {
    auto verdict = co_await judge(change.object, change.attempt(), context_.request_deadline());
    if (verdict.ok()) {
      co_await clean_task(std::move(guard), std::move(verdict->row), upload_ended);
      co_return;
    }
    const bool stopping = co_await stop_requested();
    if (stopping || context_.settings.log_is_durable || !verdict.error().retryable()) {
      context_.metrics.settled(SettleOutcome::failed);
      report_left_behind(change, verdict.error());
      co_return;
    }
  }
}

Task<void> Settlement::clean_in_background(ChangeGuard guard, Row row, UploadEnded upload_ended) {
  co_await context_.run_in_background(clean_task(std::move(guard), std::move(row), upload_ended));
}

Task<void> Settlement::settle_in_background(ChangeGuard guard, UploadEnded upload_ended) {
  co_await context_.run_in_background(settle_task(std::move(guard), upload_ended));
}

Task<Result<void>> Settlement::settle(ChangeGuard guard, bool swept_later) {
  const Change change = guard.change();
  auto verdict = co_await judge(change.object, change.attempt(), context_.request_deadline());
  if (!verdict.ok()) {
    context_.metrics.settled(SettleOutcome::failed);
    co_return std::move(verdict).error();
  }
  co_return co_await clean(std::move(guard), std::move(verdict->row),
                           swept_later ? UploadEnded::yes : UploadEnded::no);
}

}  // namespace objectstore
