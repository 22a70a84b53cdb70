#include "tiered/protected_write.h"

namespace objectstore {

namespace {

Error try_again(std::string why) {
  return Error(ErrorCode::unavailable, std::move(why));
}

}  // namespace

bool written_since(const Row& as_read, const Row& now) {
  return now.stamp.value_or(Stamp{}) > as_read.stamp.value_or(Stamp{});
}

std::optional<Revision> Begun::old_revision() const {
  const auto* target = redirect_target(as_read.state);
  return target == nullptr ? std::nullopt : std::optional(*target);
}

Task<Result<Begun>> ProtectedWrite::begin(std::string key, MonotonicTime deadline) {
  Backoff backoff(context_.settings.backoff, context_.random);
  while (true) {
    CO_TRY_ASSIGN(auto row, co_await context_.read_row(key, RowPart::metadata, deadline));
    const AttemptId attempt{make_uuid_v7(context_.clock, context_.random)};
    IntentCondition condition;
    condition.stamp = row.stamp;
    if (const auto* target = redirect_target(row.state)) condition.redirect = *target;
    const auto commit_by = context_.clock.monotonic_now() + context_.settings.attempt_lifetime;
    const auto opened = co_await context_.rows.open_intent(key, attempt, condition);
    if (opened.is_applied()) co_return Begun{std::move(key), attempt, std::move(row), commit_by};
    if (opened.outcome() == Mutation::Outcome::failed && !opened.cause().retryable()) {
      co_return opened.cause();
    }
    // Nothing is recorded yet: there is nothing to clean up, whatever became of that intent.
    const bool again = co_await context_.pause(backoff, deadline);
    if (!again) {
      if (opened.is_refused()) co_return try_again("the object is being written by others");
      co_return opened.cause();
    }
  }
}

Task<std::optional<Begun>> ProtectedWrite::begin_expiry(std::string key, Row as_read) {
  const AttemptId attempt{make_uuid_v7(context_.clock, context_.random)};
  const auto& redirect = std::get<RedirectRow>(as_read.state);
  IntentCondition condition;
  condition.stamp = as_read.stamp;
  condition.redirect = redirect.target;
  condition.deadline = redirect.deadline;
  context_.stamps.observe(as_read.stamp);
  const auto commit_by = context_.clock.monotonic_now() + context_.settings.attempt_lifetime;
  const auto opened = co_await context_.rows.open_intent(key, attempt, condition);
  if (!opened.is_applied()) co_return std::nullopt;
  co_return Begun{std::move(key), attempt, std::move(as_read), commit_by, true};
}

Task<Result<ChangeGuard>> ProtectedWrite::record(const Begun& begun,
                                                 std::optional<Revision> new_revision) {
  Change change;
  change.id = begun.attempt.id;
  change.object = begun.key;
  change.new_revision = std::move(new_revision);
  change.old_revision = begun.old_revision();
  auto guard = co_await context_.changes.open(change);
  if (!guard.ok()) {
    auto adopted = context_.changes.adopt(LogEntry{std::move(change), false});
    co_await settlement_.settle_in_background(std::move(adopted), UploadEnded::no);
  }
  co_return guard;
}

Task<Result<void>> ProtectedWrite::commit(Begun begun, RowState state,
                                          std::optional<ChangeGuard> guard) {
  if (guard && !guard->valid()) {
    // Others may be settling the change: it is theirs, with its cleanup.
    context_.metrics.commit_refused(CommitRefusal::heartbeat_lost);
    co_return try_again("the change log could not be kept alive");
  }
  if (context_.clock.monotonic_now() >= begun.commit_by) {
    context_.metrics.commit_refused(CommitRefusal::expired);
    if (guard) co_await settlement_.settle_in_background(std::move(*guard), UploadEnded::yes);
    co_return try_again("the change took too long");
  }
  Stamp stamp{context_.stamps.next(), begun.attempt.id};
  if (begun.keeps_stamp) stamp = begun.as_read.stamp.value_or(Stamp{});
  auto committed = co_await context_.rows.commit(begun.key, begun.attempt, state, stamp);
  if (committed.is_applied()) {
    context_.metrics.committed();
    if (guard) {
      Row row;
      row.state = std::move(state);
      co_await settlement_.clean_in_background(std::move(*guard), std::move(row), UploadEnded::yes);
    }
    co_return Result<void>();
  }
  co_return co_await resolve(std::move(begun), stamp, std::move(committed), std::move(guard));
}

Task<Result<void>> ProtectedWrite::after_refusal(const Begun& begun, const Verdict& verdict) {
  if (!written_since(begun.as_read, verdict.row)) {
    context_.metrics.commit_refused(CommitRefusal::fenced);
    co_return try_again("the change was fenced by recovery");
  }
  context_.metrics.commit_refused(CommitRefusal::lost_race);
  // The other's stamp may be older than ours: it doesn't refuse a second copy of the fast request.
  if (begun.fast_stamp && verdict.row.stamp < begun.fast_stamp) {
    co_return try_again("the object is being written by others");
  }
  // Another write was committed meanwhile: this one counts as done just before it.
  co_return Result<void>();
}

Task<Result<void>> ProtectedWrite::resolve(Begun begun, Stamp stamp, Mutation committed,
                                           std::optional<ChangeGuard> guard) {
  auto verdict = co_await settlement_.judge(begun.key, begun.attempt, context_.request_deadline());
  if (!verdict.ok()) {
    context_.metrics.commit_refused(CommitRefusal::unknown);
    if (guard) {
      co_await settlement_.settle_in_background(std::move(*guard), UploadEnded::yes);
    }
    if (!committed.is_refused()) co_return committed.cause();
    co_return std::move(verdict).error();
  }
  if (guard) {
    co_await settlement_.clean_in_background(std::move(*guard), verdict->row, UploadEnded::yes);
  }
  if (committed.is_refused()) co_return co_await after_refusal(begun, *verdict);
  if (committed.outcome() == Mutation::Outcome::failed) {
    context_.metrics.commit_refused(CommitRefusal::failed);
    co_return committed.cause();
  }
  // The outcome was unknown.
  if (!begun.keeps_stamp && verdict->row.stamp == stamp) {
    context_.metrics.committed();
    co_return Result<void>();
  }
  if (verdict->found == FenceFound::open) {
    context_.metrics.commit_refused(CommitRefusal::unknown);
    co_return try_again("the change could not be committed");
  }
  co_return co_await after_refusal(begun, *verdict);
}

}  // namespace objectstore
