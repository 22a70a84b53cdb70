#include "testing/scripted_rpc.h"

namespace objectstore::testing {
namespace {

class ScriptedCall final : public RpcCall {
 public:
  explicit ScriptedCall(ScriptedRpc::Reply reply) : reply_(std::move(reply)) {}

  [[nodiscard]] Task<std::optional<std::string>> next() override {
    if (reply_.gate) co_await reply_.gate->wait();
    if (given_ == reply_.messages.size()) co_return std::nullopt;
    co_return std::move(reply_.messages[given_++]);
  }
  [[nodiscard]] const RpcStatus& status() const override { return reply_.status; }
  [[nodiscard]] const RpcMetadata& response_metadata() const override { return reply_.metadata; }

 private:
  ScriptedRpc::Reply reply_;
  std::size_t given_ = 0;
};

}  // namespace

std::string ScriptedRpc::Seen::header(std::string_view name) const {
  for (const auto& [key, value] : metadata) {
    if (key == name) return value;
  }
  return {};
}

void ScriptedRpc::expect(std::string_view method, Answer answer) {
  script_.push_back({std::string(method), std::move(answer)});
}

void ScriptedRpc::expect(std::string_view method, Reply reply) {
  expect(method, Answer([reply = std::move(reply)](const Seen&) { return reply; }));
}

Task<std::unique_ptr<RpcCall>> ScriptedRpc::start(RpcRequest request) {
  Seen seen{std::string(request.method), std::move(request.metadata), std::move(request.message),
            request.deadline};
  Reply reply;
  if (!script_.empty() && script_.front().method == seen.method) {
    const auto answer = std::move(script_.front().answer);
    script_.pop_front();
    reply = answer(seen);
  } else {
    ++unexpected_;
    reply = rpc_failure(RpcCode::unimplemented);
  }
  calls_.push_back(std::move(seen));
  std::unique_ptr<RpcCall> call = std::make_unique<ScriptedCall>(std::move(reply));
  co_return call;
}

ScriptedRpc::Reply rpc_ok(std::vector<std::string> messages) {
  ScriptedRpc::Reply reply;
  reply.messages = std::move(messages);
  return reply;
}

ScriptedRpc::Reply rpc_failure(RpcCode code, std::vector<std::string> messages) {
  ScriptedRpc::Reply reply;
  reply.messages = std::move(messages);
  reply.status.code = code;
  return reply;
}

ScriptedRpc::Reply rpc_never_sent() {
  auto reply = rpc_failure(RpcCode::unavailable);
  reply.status.never_sent = true;
  return reply;
}

}  // namespace objectstore::testing
