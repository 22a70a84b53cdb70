#include "backends/gcs/blob_writer.h"

#include <boost/asio/this_coro.hpp>
#include <utility>

namespace objectstore {

GcsBlobWriter::GcsBlobWriter(GcsContextPtr context, TaskScope& background, std::string name,
                             Metadata metadata)
    : context_(std::move(context)),
      background_(background),
      name_(std::move(name)),
      metadata_(std::move(metadata)) {}

GcsBlobWriter::~GcsBlobWriter() {
  *abandoned_ = true;
}

Task<Result<std::string>> GcsBlobWriter::begin() {
  auto session = co_await open_session(*context_, name_, metadata_);
  if (session.ok()) {
    session_ = *session;
  } else {
    not_begun_ = session.error();
    begun_.set();
  }
  co_return std::move(session);
}

void GcsBlobWriter::give_up() {
  if (begun_.is_set()) return;
  not_begun_ = Error(ErrorCode::cancelled, "GCS: the upload was given up");
  begun_.set();
}

Task<Result<void>> GcsBlobWriter::append(std::string_view bytes) {
  if (failure_) co_return *failure_;
  auto taken = co_await take(bytes);
  if (!taken.ok()) failure_ = taken.error();
  co_return std::move(taken);
}

Task<Result<void>> GcsBlobWriter::take(std::string_view bytes) {
  const auto chunk_bytes = context_->settings.chunk_bytes;
  while (!bytes.empty()) {
    CO_TRY(co_await make_room());
    const auto piece = bytes.substr(0, chunk_bytes - filling_->size());
    CO_TRY(co_await filling_->append(piece));
    crc32c_.update(piece);
    bytes.remove_prefix(piece.size());
  }
  // No use in taking more where a chunk has failed.
  if (sending_ && sending_->failure) co_return *sending_->failure;
  co_return Result<void>();
}

// A full chunk is sent only once another byte comes: the last byte is for finish() to send.
Task<Result<void>> GcsBlobWriter::make_room() {
  if (filling_ && filling_->size() < context_->settings.chunk_bytes) co_return Result<void>();
  if (filling_) CO_TRY(co_await start_sending());
  if (filling_) co_return Result<void>();
  CO_TRY_ASSIGN(filling_,
                co_await SpoolFile::create(context_->pool, context_->settings.spool_directory));
  co_return Result<void>();
}

Task<Result<void>> GcsBlobWriter::start_sending() {
  CO_TRY(co_await sent());
  co_await begun_.wait();
  if (not_begun_) co_return *not_begun_;

  auto next = std::make_shared<Sending>();
  next->bytes = std::exchange(filling_, nullptr);
  if (sending_) {
    filling_ = std::move(sending_->bytes);
    CO_TRY(co_await filling_->clear());
  }
  SessionChunk chunk;
  chunk.bytes = next->bytes.get();
  chunk.offset = offset_;
  chunk.abandoned = abandoned_;
  offset_ += chunk.bytes->size();
  sending_ = next;
  const auto executor = co_await boost::asio::this_coro::executor;
  background_.spawn(executor, send(context_, session_, std::move(next), std::move(chunk)));
  co_return Result<void>();
}

Task<void> GcsBlobWriter::send(GcsContextPtr context, std::string session,
                               std::shared_ptr<Sending> sending, SessionChunk chunk) {
  auto outcome = co_await send_chunk(*context, std::move(session), std::move(chunk));
  if (!outcome.ok()) {
    sending->failure = std::move(outcome).error();
  } else if (std::holds_alternative<NameTaken>(*outcome)) {
    sending->failure = Error(ErrorCode::conflict, "GCS: an object of this name exists already");
  } else if (std::holds_alternative<StoredObject>(*outcome)) {
    sending->failure =
        Error(ErrorCode::unavailable, "GCS: an upload session has ended before its last chunk");
  }
  sending->ended.set();
}

Task<Result<void>> GcsBlobWriter::sent() {
  if (!sending_) co_return Result<void>();
  co_await sending_->ended.wait();
  if (sending_->failure) co_return *sending_->failure;
  co_return Result<void>();
}

Task<Result<void>> GcsBlobWriter::finish() {
  if (failure_) co_return *failure_;
  auto finished = co_await send_last();
  failure_ = finished.ok() ? Error(ErrorCode::internal, "GCS: the upload is finished already")
                           : finished.error();
  co_return std::move(finished);
}

Task<Result<void>> GcsBlobWriter::send_last() {
  CO_TRY(co_await sent());
  if (!begun_.is_set()) {
    co_return Error(ErrorCode::internal, "GCS: an upload is to finish that was never begun");
  }
  if (not_begun_) co_return *not_begun_;
  SessionChunk chunk;
  chunk.bytes = filling_.get();
  chunk.offset = offset_;
  chunk.total = offset_ + (filling_ ? filling_->size() : 0);
  chunk.crc32c = crc32c_.base64();
  chunk.abandoned = abandoned_;
  CO_TRY_ASSIGN(auto outcome, co_await send_chunk(*context_, session_, std::move(chunk)));
  co_return co_await check_stored(std::move(outcome));
}

Task<Result<void>> GcsBlobWriter::check_stored(ChunkOutcome outcome) {
  if (const auto* stored = std::get_if<StoredObject>(&outcome)) {
    auto same = compare(*stored);
    if (same.ok()) co_return std::move(same);
    co_return Error(ErrorCode::corrupt, "GCS: what was stored as " + name_ +
                                            " is not what was sent: " + same.error().message());
  }
  if (std::holds_alternative<NameTaken>(outcome)) {
    // Either somebody else's, or this upload was finished by a request whose answer was lost.
    CO_TRY_ASSIGN(const auto resource, co_await fetch_resource(*context_, name_));
    if (resource) {
      CO_TRY_ASSIGN(const auto stored, read_stored_object(*resource));
      if (compare(stored).ok()) co_return Result<void>();
    }
    co_return Error(ErrorCode::conflict, "GCS: an object exists already under the name " + name_);
  }
  co_return Error(ErrorCode::internal, "GCS: an upload session goes on after its last chunk");
}

Result<void> GcsBlobWriter::compare(const StoredObject& stored) const {
  const auto size = offset_ + (filling_ ? filling_->size() : 0);
  if (stored.size != size) {
    return Error(ErrorCode::corrupt,
                 std::to_string(stored.size) + " bytes instead of " + std::to_string(size));
  }
  if (stored.crc32c != crc32c_.base64()) {
    return Error(ErrorCode::corrupt,
                 "its CRC-32C is " + stored.crc32c + " instead of " + crc32c_.base64());
  }
  return {};
}

}  // namespace objectstore
