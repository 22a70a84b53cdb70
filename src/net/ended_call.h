// A call that failed before it began.
#pragma once

#include <memory>
#include <utility>

#include "net/rpc.h"

namespace objectstore {

class EndedCall final : public RpcCall {
 public:
  explicit EndedCall(RpcStatus status) : status_(std::move(status)) {}

  [[nodiscard]] Task<std::optional<std::string>> next() override { co_return std::nullopt; }
  [[nodiscard]] const RpcStatus& status() const override { return status_; }
  [[nodiscard]] const RpcMetadata& response_metadata() const override { return metadata_; }

 private:
  RpcStatus status_;
  RpcMetadata metadata_;
};

// The status of a call of which the server certainly has not seen anything.
[[nodiscard]] inline RpcStatus never_sent(RpcCode code, std::string message) {
  RpcStatus status;
  status.code = code;
  status.message = std::move(message);
  status.never_sent = true;
  return status;
}

[[nodiscard]] inline std::unique_ptr<RpcCall> ended_call(RpcStatus status) {
  return std::make_unique<EndedCall>(std::move(status));
}

}  // namespace objectstore
