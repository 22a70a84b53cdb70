#include "tiered/large_put.h"

#include "runtime/when_both.h"

namespace objectstore {

// What the two sides of an upload tell each other. Both run on one executor.
struct LargePut::Progress {
  MonotonicTime upload_deadline;
  std::uint64_t bytes = 0;      // handed to the store
  bool recorded = false;        // an entry may be in the log
  bool prepare_failed = false;  // no use in reading on
};

Task<Result<std::uint64_t>> LargePut::run(std::string key, Metadata metadata, std::string head,
                                          Upload upload) {
  const Revision revision(key, make_uuid_v7(context_.clock, context_.random));
  RedirectRow redirect{revision, metadata.expiration, metadata.time_expires};
  Progress progress;
  progress.upload_deadline = context_.clock.monotonic_now() + context_.settings.late_upload_window;

  // What discard() needs lies in the store before the entry does.
  CO_TRY_ASSIGN(auto writer, co_await context_.blobs.create(revision, metadata));
  auto [streamed, prepared] =
      co_await when_both(stream(*writer, std::move(head), upload, progress),
                         prepare(*writer, std::move(key), revision, progress));
  if (!prepared.ok()) {
    writer.reset();
    const std::string not_begun;
    if (!progress.recorded) co_await discard_unfinished(revision, not_begun);
    co_return std::move(prepared).error();
  }

  auto finished = std::move(streamed);
  if (finished.ok()) finished = check_deadline(progress);
  if (!finished.ok()) {
    // Its only writer never asked for the blob and never will: what the upload takes up can go
    // before the fence, which a full disk would refuse.
    writer.reset();
    co_await discard_unfinished(revision, prepared->guard.change().upload);
    co_await settlement_.settle_in_background(std::move(prepared->guard), UploadEnded::yes);
    co_return std::move(finished).error();
  }
  // The step that makes the blob exist has waited for the recorded entry.
  finished = co_await writer->finish();
  writer.reset();
  if (!finished.ok()) {
    co_await settlement_.settle_in_background(std::move(prepared->guard), UploadEnded::no);
    co_return std::move(finished).error();
  }
  RowState state = std::move(redirect);
  std::optional<ChangeGuard> guard(std::move(prepared->guard));
  CO_TRY(co_await protected_write_.commit(std::move(prepared->begun), std::move(state),
                                          std::move(guard)));
  co_return progress.bytes;
}

Task<Result<void>> LargePut::stream(BlobWriter& writer, std::string head, Upload upload,
                                    Progress& progress) {
  progress.bytes = head.size();
  if (!head.empty()) CO_TRY(co_await writer.append(head));
  std::string().swap(head);
  while (true) {
    CO_TRY_ASSIGN(const auto bytes, co_await upload.stream->next());
    if (bytes.empty()) break;
    if (progress.prepare_failed) break;
    CO_TRY(co_await writer.append(bytes));
    progress.bytes += bytes.size();
    CO_TRY(check_deadline(progress));
  }
  co_return Result<void>();
}

Result<void> LargePut::check_deadline(const Progress& progress) const {
  if (context_.clock.monotonic_now() < progress.upload_deadline) return Result<void>();
  return Error(ErrorCode::deadline_exceeded, "the upload took too long");
}

Task<Result<LargePut::Prepared>> LargePut::prepare(BlobWriter& writer, std::string key,
                                                   const Revision& revision, Progress& progress) {
  auto begun = co_await protected_write_.begin(std::move(key), context_.request_deadline());
  if (!begun.ok()) {
    progress.prepare_failed = true;
    writer.give_up();
    co_return std::move(begun).error();
  }
  progress.recorded = true;
  auto guard = co_await protected_write_.record(*begun, revision);
  if (!guard.ok()) {
    progress.prepare_failed = true;
    writer.give_up();
    co_return std::move(guard).error();
  }
  auto upload_begun = co_await begin_upload(writer, *guard, progress);
  if (!upload_begun.ok()) {
    progress.prepare_failed = true;
    co_await settlement_.settle_in_background(std::move(*guard), UploadEnded::no);
    co_return std::move(upload_begun).error();
  }
  co_return Prepared{std::move(*begun), std::move(*guard)};
}

Task<Result<void>> LargePut::begin_upload(BlobWriter& writer, ChangeGuard& guard,
                                          const Progress& progress) {
  // After a pause beyond that others may have forgotten the change: what is begun now would be
  // known to nobody.
  auto in_time = check_deadline(progress);
  if (!in_time.ok()) {
    writer.give_up();
    co_return in_time;
  }
  CO_TRY_ASSIGN(auto address, co_await writer.begin());
  // Without it in the log, nobody else could end an upload whose last step is delayed.
  Result<void> kept;
  if (!address.empty()) kept = co_await guard.set_upload(std::move(address));
  if (kept.ok()) {
    writer.proceed();
  } else {
    writer.give_up();
  }
  co_return kept;
}

Task<void> LargePut::discard_unfinished(const Revision& revision, const std::string& upload) {
  const auto discarded = co_await context_.blobs.discard(revision, upload);
  if (!discarded.ok()) {
    context_.logger.warn("an upload that was given up could not be removed",
                         {{"revision", revision.path()}, {"error", discarded.error().describe()}});
  }
}

}  // namespace objectstore
