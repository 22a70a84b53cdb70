#include "backends/gcs/resumable_session.h"

#include <utility>

#include "backends/gcs/session_answers.h"
#include "base/hide_credentials.h"

namespace objectstore {

namespace {

constexpr int cancel_attempts = 3;

Error cancelled() {
  return {ErrorCode::cancelled, "GCS: the upload was given up"};
}
Error session_gone() {
  return {ErrorCode::unavailable, "GCS: the upload session is gone: cancelled or expired"};
}

std::uint64_t size_of(const SessionChunk& chunk) {
  return chunk.bytes == nullptr ? 0 : chunk.bytes->size();
}

// What of a chunk the store does not have yet.
class ChunkTail final : public RepeatableBody {
 public:
  ChunkTail(const SessionChunk& chunk, std::uint64_t skipped) : chunk_(chunk), skipped_(skipped) {}

  [[nodiscard]] std::uint64_t size() const override { return size_of(chunk_) - skipped_; }
  [[nodiscard]] std::unique_ptr<ByteStream> open() const override {
    return abandonable(chunk_.bytes->open_from(skipped_), chunk_.abandoned);
  }

 private:
  const SessionChunk& chunk_;
  std::uint64_t skipped_;
};

std::string content_range(std::uint64_t from, std::uint64_t end,
                          const std::optional<std::uint64_t>& total) {
  std::string text = "bytes ";
  if (from == end) {
    text += '*';
  } else {
    text.append(std::to_string(from)).append("-").append(std::to_string(end - 1));
  }
  return text.append("/").append(total ? std::to_string(*total) : "*");
}

Task<SessionState> ask(const GcsContext& context, const std::string& session) {
  auto request = make_gcs_request(context, "upload_status", "PUT", session);
  request.http.headers.emplace_back("Content-Range", "bytes */*");
  auto reply = co_await fetch_gcs(context, std::move(request));
  co_return session_state_of("upload_status", std::move(reply));
}

class ChunkUpload {
 public:
  ChunkUpload(const GcsContext& context, const std::string& session, const SessionChunk& chunk)
      : context_(context),
        session_(session),
        chunk_(chunk),
        end_(chunk.offset + size_of(chunk)),
        committed_(chunk.offset),
        backoff_(context.settings.backoff, context.random) {}

  Task<Result<ChunkOutcome>> run() {
    for (;;) {
      if (*chunk_.abandoned) co_return cancelled();
      auto state = co_await put();
      if (std::holds_alternative<SessionUnknown>(state)) {
        auto asked = co_await ask(context_, session_);
        if (!std::holds_alternative<SessionUnknown>(asked)) state = std::move(asked);
      }
      auto outcome = take(std::move(state));
      if (outcome) co_return std::move(*outcome);
      if (idle_tries_ > 0) co_await context_.clock.sleep_for(backoff_.next());
    }
  }

 private:
  Task<SessionState> put() {
    const ChunkTail tail(chunk_, committed_ - chunk_.offset);
    auto request = make_gcs_request(context_, "upload_chunk", "PUT", session_);
    auto& headers = request.http.headers;
    headers.emplace_back("Content-Range", content_range(committed_, end_, chunk_.total));
    if (chunk_.total) headers.emplace_back("X-Goog-Hash", "crc32c=" + chunk_.crc32c);
    if (tail.size() > 0) request.body = &tail;
    // What has become of it is asked, so that only what is missing is sent again.
    request.repeat = Repeat::if_not_carried_out;
    request.timeout = transfer_timeout(context_.settings, tail.size());
    auto reply = co_await fetch_gcs(context_, std::move(request));
    co_return session_state_of("upload_chunk", std::move(reply));
  }

  // nullopt: there is more to send.
  std::optional<Result<ChunkOutcome>> take(SessionState state) {
    if (auto* stored = std::get_if<StoredObject>(&state)) {
      return Result<ChunkOutcome>(ChunkOutcome(std::move(*stored)));
    }
    if (std::holds_alternative<SessionConflict>(state)) {
      return Result<ChunkOutcome>(ChunkOutcome(NameTaken{}));
    }
    if (std::holds_alternative<SessionGone>(state)) return Result<ChunkOutcome>(session_gone());
    if (auto* refused = std::get_if<SessionRefused>(&state)) {
      return Result<ChunkOutcome>(std::move(refused->error));
    }
    if (auto* unknown = std::get_if<SessionUnknown>(&state)) {
      return Result<ChunkOutcome>(std::move(unknown->error));
    }
    return advance(std::get<SessionActive>(state).committed);
  }

  std::optional<Result<ChunkOutcome>> advance(std::uint64_t committed) {
    if (committed < chunk_.offset || committed > end_) {
      return Result<ChunkOutcome>(Error(
          ErrorCode::unavailable, "GCS: an upload session is at byte " + std::to_string(committed) +
                                      ", which was not sent or " + "was kept already"));
    }
    if (committed == end_ && !chunk_.total) {
      return Result<ChunkOutcome>(ChunkOutcome(ChunkStored{}));
    }
    if (committed > committed_) {
      idle_tries_ = 0;
      backoff_.reset();
    } else if (++idle_tries_ >= context_.settings.tries_without_progress) {
      return Result<ChunkOutcome>(
          Error(ErrorCode::unavailable,
                "GCS: an upload gets no further than byte " + std::to_string(committed)));
    }
    committed_ = committed;
    return std::nullopt;
  }

  const GcsContext& context_;
  const std::string& session_;
  const SessionChunk& chunk_;
  const std::uint64_t end_;
  std::uint64_t committed_;
  int idle_tries_ = 0;
  Backoff backoff_;
};

}  // namespace

Task<Result<std::string>> open_session(const GcsContext& context, std::string name,
                                       const Metadata& metadata) {
  auto request = make_gcs_request(context, "begin_upload", "POST",
                                  context.urls.new_session(name, context.settings.replace));
  request.http.headers = {{"Content-Type", "application/json; charset=UTF-8"},
                          {"X-Upload-Content-Type", metadata.content_type}};
  request.http.body = SharedBytes(write_resource(metadata));
  CO_TRY_ASSIGN(const auto reply, co_await fetch_gcs(context, std::move(request)));
  if (reply.status != 200 && reply.status != 201) co_return gcs_refusal("begin_upload", reply);
  const auto location = find_header(reply.headers, "location");
  if (!location) {
    co_return Error(ErrorCode::unavailable, "GCS: an upload session was opened without an address");
  }
  auto session = context.urls.session(*location);
  if (session.empty()) {
    co_return Error(ErrorCode::io, "GCS: an upload session was opened on another host than " +
                                       hide_credentials(context.settings.endpoint) +
                                       "; `endpoint` must be the store's own address");
  }
  co_return std::move(session);
}

Task<Result<ChunkOutcome>> send_chunk(const GcsContext& context, std::string session,
                                      SessionChunk chunk) {
  ChunkUpload upload(context, session, chunk);
  auto outcome = co_await upload.run();
  co_return std::move(outcome);
}

Task<Result<void>> end_session(const GcsContext& context, std::string session) {
  Backoff backoff(context.settings.backoff, context.random);
  Error last(ErrorCode::unavailable, "GCS: an upload session is still open after its cancellation");
  for (int attempt = 0; attempt < cancel_attempts; ++attempt) {
    if (attempt > 0) co_await context.clock.sleep_for(backoff.next());
    auto request = make_gcs_request(context, "cancel_upload", "DELETE", session);
    request.http.headers.emplace_back("Content-Length", "0");
    CO_TRY_ASSIGN(const auto reply, co_await fetch_gcs(context, std::move(request)));
    const auto cancelled_state = read_session_answer("cancel_upload", reply);
    if (std::holds_alternative<SessionGone>(cancelled_state)) co_return Result<void>();
    if (const auto* refused = std::get_if<SessionRefused>(&cancelled_state)) last = refused->error;
    // Any other answer may come from a session that is finished: it tells when it is asked.
    const auto state = co_await ask(context, session);
    if (std::holds_alternative<SessionGone>(state)) co_return Result<void>();
    if (std::holds_alternative<StoredObject>(state)) co_return Result<void>();
    if (const auto* unknown = std::get_if<SessionUnknown>(&state)) last = unknown->error;
  }
  co_return std::move(last).wrap("GCS: an upload could not be cancelled");
}

}  // namespace objectstore
