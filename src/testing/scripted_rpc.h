// A transport that answers from a script, call by call.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/rpc.h"
#include "runtime/sync.h"

namespace objectstore::testing {

// For one thread. Calls must come in the order of the script, each with the method it expects.
class ScriptedRpc final : public RpcTransport {
 public:
  struct Reply {
    std::vector<std::string> messages;
    RpcStatus status;  // then, after the messages
    RpcMetadata metadata;
    std::shared_ptr<Event> gate;  // the reply waits for it
  };
  // A call as it came.
  struct Seen {
    std::string method;
    RpcMetadata metadata;
    std::string message;
    MonotonicTime deadline;

    // Of the first such header; empty: there is none.
    [[nodiscard]] std::string header(std::string_view name) const;
  };
  // May answer by the request.
  using Answer = std::function<Reply(const Seen&)>;

  void expect(std::string_view method, Answer answer);
  void expect(std::string_view method, Reply reply);

  [[nodiscard]] Task<std::unique_ptr<RpcCall>> start(RpcRequest request) override;

  // Those that came, unexpected ones too; these fail with `unimplemented`.
  [[nodiscard]] const std::vector<Seen>& calls() const { return calls_; }
  // Every expected call came, and no other.
  [[nodiscard]] bool done() const { return script_.empty() && unexpected_ == 0; }

 private:
  struct Expected {
    std::string method;
    Answer answer;
  };
  std::deque<Expected> script_;
  std::vector<Seen> calls_;
  int unexpected_ = 0;
};

[[nodiscard]] ScriptedRpc::Reply rpc_ok(std::vector<std::string> messages);
[[nodiscard]] ScriptedRpc::Reply rpc_failure(RpcCode code, std::vector<std::string> messages = {});
// The call did not reach the server.
[[nodiscard]] ScriptedRpc::Reply rpc_never_sent();

}  // namespace objectstore::testing
