#include "tiered/upload_completion.h"

#include <exception>
#include <optional>
#include <utility>

namespace objectstore {

namespace {

// Each is fenced in the end; a client that fails so often is refused.
constexpr std::size_t most_attempts = 1000;

Error try_again(std::string why) {
  return Error(ErrorCode::unavailable, std::move(why));
}

CompleteResult completed(std::optional<std::uint64_t> size) {
  return BlobCompleted{size};
}

}  // namespace

Task<Result<CompleteResult>> UploadCompletion::run(const UploadToken& token,
                                                   const std::vector<ListedPart>& parts) {
  const auto key = token.revision.object_path();
  const auto deadline = context_.request_deadline();
  CO_TRY_ASSIGN(const auto row, co_await context_.read_row(key, RowPart::metadata, deadline));
  if (points_to(row.state, token.revision)) co_return completed(std::nullopt);

  // Before the intent: nobody but a later write or time clears away one that nobody commits.
  CO_TRY_ASSIGN(auto found, co_await find(token));
  if (auto* refused = std::get_if<CompleteResult>(&found)) co_return std::move(*refused);
  const auto idle = std::get<LogEntry>(std::move(found));

  CO_TRY_ASSIGN(const auto begun, co_await protected_write_.begin(key, deadline));
  CO_TRY_ASSIGN(auto held, co_await hold(idle, begun));
  if (!held) {
    co_await withdraw(begun);
    // Somebody else holds it, or has ended it: asking again tells.
    co_return CompleteResult(CompletionInProgress{});
  }
  UploadHold hold(*parts_.entries, context_.clock, context_.logger, *std::move(held));
  co_await hold.start();
  std::optional<Result<CompleteResult>> result;
  std::exception_ptr thrown;
  try {
    result.emplace(co_await complete_held(hold, begun, token, parts));
  } catch (...) {
    thrown = std::current_exception();
  }
  co_await hold.stop();
  if (thrown) std::rethrow_exception(thrown);
  co_return *std::move(result);
}

Task<Result<UploadCompletion::Found>> UploadCompletion::find(const UploadToken& token) {
  CO_TRY_ASSIGN(auto entry, co_await parts_.entries->find(token.change));
  if (!entry || entry->change.new_revision != token.revision) {
    co_return Found(CompleteResult(NoSuchUpload{}));
  }
  const auto& state = *entry->upload_state;
  if (state.phase == UploadPhase::dead || state.upload_id != token.upload_id) {
    co_return Found(CompleteResult(NoSuchUpload{}));
  }
  if (state.phase == UploadPhase::held) co_return Found(CompleteResult(CompletionInProgress{}));
  if (state.attempts.size() >= most_attempts) {
    co_return Error(ErrorCode::invalid_argument,
                    "the upload was tried to be completed too often; begin another one");
  }
  co_return Found(*std::move(entry));
}

Task<Result<std::optional<LogEntry>>> UploadCompletion::hold(const LogEntry& idle,
                                                             const Begun& begun) {
  LogEntry held = idle;
  held.upload_state->phase = UploadPhase::held;
  held.upload_state->attempts.push_back(begun.attempt);
  held.change.old_revision = begun.old_revision();
  const auto now = unix_ms(context_.clock.now());
  CO_TRY_ASSIGN(const bool moved, co_await parts_.entries->move(idle, held, now));
  std::optional<LogEntry> result;
  if (moved) result = std::move(held);
  co_return result;
}

Task<void> UploadCompletion::withdraw(const Begun& begun) {
  static_cast<void>(co_await context_.rows.fence(begun.key, begun.attempt));
}

Task<Result<CompleteResult>> UploadCompletion::complete_held(UploadHold& hold, const Begun& begun,
                                                             const UploadToken& token,
                                                             const std::vector<ListedPart>& parts) {
  auto assembled = co_await assemble(token, parts);
  const bool has_blob = assembled.ok() && std::holds_alternative<Metadata>(*assembled);
  const bool in_time = context_.clock.monotonic_now() < begun.commit_by;
  if (!has_blob || !in_time) {
    // No commit was sent, and none will be.
    co_await hold.stop();
    bool given_back = false;
    if (hold.valid()) given_back = co_await uploads_.give_back(hold.entry());
    if (given_back) co_await withdraw(begun);
    if (!assembled.ok()) co_return std::move(assembled).error();
    if (std::holds_alternative<NoSuchUpload>(*assembled)) co_return CompleteResult(NoSuchUpload{});
    if (auto* refused = std::get_if<PartRefused>(&*assembled)) {
      co_return CompleteResult(std::move(*refused));
    }
    context_.metrics.commit_refused(CommitRefusal::expired);
    co_return try_again("the completion took too long");
  }
  // Others may be giving the upload back or up: it is theirs.
  if (!hold.valid()) {
    context_.metrics.commit_refused(CommitRefusal::heartbeat_lost);
    co_return try_again("the change log could not be kept alive");
  }
  co_return co_await commit(hold, begun, token, std::get<Metadata>(*assembled));
}

Task<Result<UploadCompletion::Assembled>> UploadCompletion::assemble(
    const UploadToken& token, const std::vector<ListedPart>& parts) {
  auto answer = co_await parts_.blobs->complete(token.revision, token.upload_id, parts);
  if (answer.ok()) {
    if (auto* refused = std::get_if<PartRefused>(&*answer)) {
      co_return Assembled(std::move(*refused));
    }
  }
  // Also where the call failed, or knows the upload no more: an attempt before may have done it.
  auto blob = co_await context_.blobs.open(token.revision);
  if (blob.ok() && *blob) {
    Metadata metadata = (*blob)->metadata();
    metadata.size = (*blob)->size();
    co_return Assembled(std::move(metadata));
  }
  if (!answer.ok()) co_return std::move(answer).error();
  if (std::holds_alternative<NoSuchUpload>(*answer)) {
    if (!blob.ok()) co_return std::move(blob).error();
    co_return Assembled(NoSuchUpload{});
  }
  if (!blob.ok()) co_return std::move(blob).error();
  co_return Error(ErrorCode::corrupt, "the completed upload is not in the long-term tier");
}

Task<Result<CompleteResult>> UploadCompletion::commit(UploadHold& hold, const Begun& begun,
                                                      const UploadToken& token,
                                                      const Metadata& metadata) {
  // The deadline is the blob's own, which counts from the upload's start.
  const RowState state = RedirectRow{token.revision, metadata.expiration, metadata.time_expires};
  const Stamp stamp{context_.stamps.next(), begun.attempt.id};
  auto committed = co_await context_.rows.commit(begun.key, begun.attempt, state, stamp);
  co_await hold.stop();
  if (committed.is_applied()) {
    context_.metrics.committed();
    co_await clean_up(hold.entry());
    co_return completed(metadata.size);
  }
  co_return co_await resolve(hold, begun, token, metadata, std::move(committed));
}

Task<Result<CompleteResult>> UploadCompletion::resolve(UploadHold& hold, const Begun& begun,
                                                       const UploadToken& token,
                                                       const Metadata& metadata,
                                                       Mutation committed) {
  auto verdict = co_await settlement_.judge(begun.key, begun.attempt, context_.request_deadline());
  // Recovery finds the holder gone and does the same.
  if (!verdict.ok()) {
    context_.metrics.commit_refused(CommitRefusal::unknown);
    co_return std::move(verdict).error();
  }
  if (points_to(verdict->row.state, token.revision)) {
    context_.metrics.committed();
    co_await clean_up(hold.entry());
    co_return completed(metadata.size);
  }
  if (verdict->found == FenceFound::open) {
    const bool failed = committed.outcome() == Mutation::Outcome::failed;
    context_.metrics.commit_refused(failed ? CommitRefusal::failed : CommitRefusal::unknown);
    co_await uploads_.give_back(hold.entry());
    if (committed.is_refused()) co_return try_again("the completion could not be committed");
    co_return committed.cause();
  }
  // Another write was committed meanwhile: this one counts as done just before it, if nobody can
  // complete the upload any more. Recovery may have given it back, and a later attempt would make
  // the write happen a second time.
  if (written_since(begun.as_read, verdict->row)) {
    context_.metrics.commit_refused(CommitRefusal::lost_race);
    CO_TRY_ASSIGN(auto dead, co_await uploads_.declare_dead(hold.entry()));
    if (!dead) co_return try_again("the upload was given back by recovery");
    co_await uploads_.clean_in_background(*std::move(dead));
    co_return completed(metadata.size);
  }
  context_.metrics.commit_refused(CommitRefusal::fenced);
  co_return try_again("the completion was fenced by recovery");
}

Task<void> UploadCompletion::clean_up(LogEntry held) {
  co_await context_.run_in_background(clean_up_task(std::move(held)));
}

Task<void> UploadCompletion::clean_up_task(LogEntry held) {
  const std::string no_address;
  Result<void> cleaned;
  if (held.change.old_revision) {
    const auto discarded = co_await context_.blobs.discard(*held.change.old_revision, no_address);
    if (!discarded.ok()) cleaned = discarded.error();
  }
  if (cleaned.ok()) {
    const auto removed = co_await parts_.entries->remove(held);
    if (!removed.ok()) cleaned = removed.error();
  }
  if (cleaned.ok()) co_return;
  context_.logger.warn("an upload's entry is left to recovery",
                       {{"change", held.change.id.str()}, {"error", cleaned.error().describe()}});
}

}  // namespace objectstore
