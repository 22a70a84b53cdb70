#include "cloud/abandonable_body.h"

#include <utility>

namespace objectstore {

namespace {

class AbandonableStream final : public ByteStream {
 public:
  AbandonableStream(std::unique_ptr<ByteStream> stream, Abandoned abandoned)
      : stream_(std::move(stream)), abandoned_(std::move(abandoned)) {}

  [[nodiscard]] Task<Result<std::string_view>> next() override {
    if (*abandoned_) co_return Error(ErrorCode::cancelled, "the upload was given up");
    co_return co_await stream_->next();
  }

 private:
  std::unique_ptr<ByteStream> stream_;
  Abandoned abandoned_;
};

}  // namespace

std::unique_ptr<ByteStream> AbandonableBody::open() const {
  return abandonable(body_.open(), abandoned_);
}

std::unique_ptr<ByteStream> abandonable(std::unique_ptr<ByteStream> stream, Abandoned abandoned) {
  return std::make_unique<AbandonableStream>(std::move(stream), std::move(abandoned));
}

}  // namespace objectstore
