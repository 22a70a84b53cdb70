#include "backends/s3/blob_reader.h"

#include <optional>
#include <utility>

#include "base/digests.h"
#include "runtime/backoff.h"

namespace objectstore {

namespace {

// Without a byte in between.
constexpr int most_breaks_in_a_row = 4;

class RangeStream final : public ByteStream {
 public:
  RangeStream(S3Bucket& bucket, std::string key, const S3Object& object, ByteRange range)
      : bucket_(bucket),
        key_(std::move(key)),
        etag_(object.etag),
        object_size_(object.size),
        position_(range.offset),
        end_(range.offset + range.length),
        backoff_(BackoffSettings(), bucket.random()) {
    if (range.offset == 0 && range.length == object.size) crc32c_ = object.crc32c;
  }

  [[nodiscard]] Task<Result<std::string_view>> next() override {
    while (position_ < end_) {
      if (!response_) CO_TRY(co_await open());
      auto piece = co_await response_->next();
      if (piece.ok() && !piece->empty()) co_return take(*piece);
      Error broken = piece.ok() ? failure("ended early") : std::move(piece).error();
      CO_TRY(co_await prepare_to_resume(std::move(broken)));
    }
    response_.reset();
    co_return std::string_view();
  }

 private:
  [[nodiscard]] Error failure(std::string_view what) const {
    std::string text = "S3: the body of `" + key_ + "` ";
    return {ErrorCode::unavailable, std::move(text.append(what))};
  }
  [[nodiscard]] bool is_whole() const { return position_ == 0 && end_ == object_size_; }

  Task<Result<void>> open() {
    auto request = bucket_.request("GET", bucket_.urls().object(key_), "get");
    auto& headers = request.http.headers;
    if (!is_whole()) {
      headers.emplace_back("range",
                           "bytes=" + std::to_string(position_) + "-" + std::to_string(end_ - 1));
    }
    if (!etag_.empty()) headers.emplace_back("if-match", etag_);
    CO_TRY_ASSIGN(auto response, co_await bucket_.open(std::move(request)));
    CO_TRY(co_await check_head(*response));
    response_ = std::move(response);
    co_return Result<void>();
  }

  Task<Result<void>> check_head(HttpResponse& response) const {
    const int status = response.status();
    if (status == 404 || status == 412) {
      co_return failure("can't be read on: it was deleted or replaced meanwhile");
    }
    if (status >= 300) {
      HttpReply reply;
      reply.status = status;
      reply.headers = response.headers();
      CO_TRY_ASSIGN(const auto body, co_await response.next());
      reply.body = body;
      co_return bucket_.refusal("get", reply);
    }
    if (status != (is_whole() ? 200 : 206)) {
      co_return failure("came with status " + std::to_string(status) + ", not as the range asked");
    }
    if (!has_right_extent(response.headers())) co_return failure("is another part than asked for");
    co_return Result<void>();
  }

  [[nodiscard]] bool has_right_extent(const HttpHeaders& headers) const {
    const auto length = find_header(headers, "content-length");
    if (length && *length != std::to_string(end_ - position_)) return false;
    if (is_whole()) return true;
    std::string range = "bytes " + std::to_string(position_) + "-" + std::to_string(end_ - 1);
    range.append("/").append(std::to_string(object_size_));
    return find_header(headers, "content-range") == range;
  }

  // The piece is the response's own: valid until its next one.
  Result<std::string_view> take(std::string_view piece) {
    if (piece.size() > end_ - position_) return failure("is longer than announced");
    position_ += piece.size();
    breaks_ = 0;
    if (crc32c_.empty()) return piece;
    crc_.update(piece);
    if (position_ == end_ && crc_.base64() != crc32c_) {
      return Error(ErrorCode::corrupt, "S3: what was read of `" + key_ +
                                           "` has another checksum (CRC-32C) than the object");
    }
    return piece;
  }

  Task<Result<void>> prepare_to_resume(Error broken) {
    response_.reset();
    const bool can_pass = broken.retryable() && ++breaks_ <= most_breaks_in_a_row;
    if (!can_pass) co_return std::move(broken);
    bucket_.logger().warn(
        "an object's body broke and is gone on with",
        {{"key", key_}, {"position", std::to_string(position_)}, {"error", broken.describe()}});
    const auto wait = backoff_.next();
    co_await bucket_.clock().sleep_for(wait);
    co_return Result<void>();
  }

  S3Bucket& bucket_;
  const std::string key_;
  const std::string etag_;
  const std::uint64_t object_size_;
  std::uint64_t position_;  // in the object
  const std::uint64_t end_;
  std::string crc32c_;  // to be compared with; empty: none
  Crc32c crc_;
  std::unique_ptr<HttpResponse> response_;
  int breaks_ = 0;
  Backoff backoff_;
};

}  // namespace

std::unique_ptr<ByteStream> S3BlobReader::stream(ByteRange range) {
  return std::make_unique<RangeStream>(bucket_, key_, object_, range);
}

}  // namespace objectstore
