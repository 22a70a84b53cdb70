#include "backends/gcs/blob_reader.h"

#include <utility>

#include "base/digests.h"

namespace objectstore {

namespace {

constexpr std::size_t longest_refusal = 64 << 10;

// A body that breaks is gone on with where it broke.
class MediaStream final : public ByteStream {
 public:
  MediaStream(GcsContextPtr context, std::string name, StoredObject stored, ByteRange range)
      : context_(std::move(context)),
        name_(std::move(name)),
        stored_(std::move(stored)),
        position_(range.offset),
        end_(range.offset + range.length),
        whole_(range.offset == 0 && range.length == stored_.size && !stored_.crc32c.empty()),
        backoff_(context_->settings.backoff, context_->random) {}

  [[nodiscard]] Task<Result<std::string_view>> next() override {
    if (failure_) co_return *failure_;
    auto piece = co_await next_piece();
    if (!piece.ok()) {
      response_.reset();
      failure_ = piece.error();
    }
    co_return std::move(piece);
  }

 private:
  Task<Result<std::string_view>> next_piece() {
    for (;;) {
      if (position_ == end_) co_return co_await check_end();
      if (!response_) CO_TRY(co_await open());
      auto piece = co_await response_->next();
      if (piece.ok() && !piece->empty()) co_return accept(*piece);
      CO_TRY(note_break(std::move(piece)));
      co_await context_->clock.sleep_for(backoff_.next());
    }
  }

  Result<std::string_view> accept(std::string_view piece) {
    if (piece.size() > end_ - position_) return error(ErrorCode::corrupt, "is longer than it says");
    idle_tries_ = 0;
    backoff_.reset();
    position_ += piece.size();
    if (whole_) crc32c_.update(piece);
    if (whole_ && position_ == end_ && crc32c_.base64() != stored_.crc32c) {
      return error(ErrorCode::corrupt, "was read with another CRC-32C than it has");
    }
    return piece;
  }

  // The error that ends the stream, where this was one try too many.
  Result<void> note_break(Result<std::string_view> piece) {
    response_.reset();
    if (!piece.ok() && !piece.error().retryable()) return std::move(piece).error();
    if (++idle_tries_ < context_->settings.tries_without_progress) return {};
    if (!piece.ok()) return std::move(piece).error();
    return error(ErrorCode::unavailable, "is cut off at byte " + std::to_string(position_));
  }

  // So that the connection can be used again; nothing may come any more.
  Task<Result<std::string_view>> check_end() {
    if (!response_) co_return std::string_view();
    auto more = co_await response_->next();
    response_.reset();
    if (more.ok() && !more->empty()) co_return error(ErrorCode::corrupt, "is longer than it says");
    co_return std::string_view();
  }

  Task<Result<void>> open() {
    auto request = make_gcs_request(*context_, "get_payload", "GET",
                                    context_->urls.media(name_, stored_.generation));
    const bool ranged = position_ > 0 || end_ < stored_.size;
    if (ranged) {
      std::string range = "bytes=" + std::to_string(position_);
      range.append("-").append(std::to_string(end_ - 1));
      request.http.headers.emplace_back("Range", std::move(range));
    }
    auto sent = co_await context_->requests.open(std::move(request));
    if (auto* failure = std::get_if<HttpFailure>(&sent)) co_return std::move(failure->error);
    response_ = std::get<std::unique_ptr<HttpResponse>>(std::move(sent));
    if (response_->status() != (ranged ? 206 : 200)) co_return co_await refusal();
    co_return check_place(ranged);
  }

  [[nodiscard]] Result<void> check_place(bool ranged) const {
    const auto& headers = response_->headers();
    if (ranged) {
      std::string expected = "bytes " + std::to_string(position_);
      expected.append("-").append(std::to_string(end_ - 1));
      expected.append("/").append(std::to_string(stored_.size));
      const auto range = find_header(headers, "content-range");
      if (range && *range == expected) return {};
      return error(ErrorCode::corrupt, "was asked for " + expected + " and answered with " +
                                           std::string(range.value_or("no range")));
    }
    const auto length = find_header(headers, "content-length");
    if (!length || *length == std::to_string(stored_.size)) return {};
    return error(ErrorCode::corrupt, "has " + std::to_string(stored_.size) +
                                         " bytes and was answered with " + std::string(*length));
  }

  Task<Result<void>> refusal() {
    HttpReply reply{response_->status(), response_->headers(), {}};
    if (reply.status == 200 || reply.status == 206) {
      co_return error(ErrorCode::io, "was answered whole where a part was asked for, or in part");
    }
    while (reply.body.size() < longest_refusal) {
      const auto piece = co_await response_->next();
      if (!piece.ok() || piece->empty()) break;
      reply.body += *piece;
    }
    if (is_not_found(reply)) {
      co_return error(ErrorCode::unavailable, "was deleted while it was being read");
    }
    co_return gcs_refusal("get_payload", reply);
  }

  [[nodiscard]] Error error(ErrorCode code, const std::string& what) const {
    return {code, "GCS: the object " + name_ + " " + what};
  }

  GcsContextPtr context_;
  const std::string name_;
  const StoredObject stored_;
  std::uint64_t position_;  // of the next byte
  const std::uint64_t end_;
  const bool whole_;
  Crc32c crc32c_;
  std::unique_ptr<HttpResponse> response_;
  int idle_tries_ = 0;
  Backoff backoff_;
  std::optional<Error> failure_;
};

}  // namespace

std::unique_ptr<ByteStream> GcsBlobReader::stream(ByteRange range) {
  return std::make_unique<MediaStream>(context_, name_, stored_, range);
}

}  // namespace objectstore
