// A payload whose bytes are accounted as they pass.
#pragma once

#include <memory>
#include <utility>

#include "runtime/byte_stream.h"
#include "service/rate_limiter.h"

namespace objectstore {

class AccountedStream final : public ByteStream {
 public:
  // `inner` outlives the stream.
  AccountedStream(ByteStream& inner, RateLimiter::Transfer transfer)
      : inner_(inner), transfer_(std::move(transfer)) {}
  AccountedStream(std::unique_ptr<ByteStream> inner, RateLimiter::Transfer transfer)
      : owned_(std::move(inner)), inner_(*owned_), transfer_(std::move(transfer)) {}

  [[nodiscard]] Task<Result<std::string_view>> next() override {
    auto piece = co_await inner_.next();
    if (piece.ok()) transfer_.spend(piece->size());
    co_return piece;
  }

 private:
  std::unique_ptr<ByteStream> owned_;
  ByteStream& inner_;
  RateLimiter::Transfer transfer_;
};

}  // namespace objectstore
