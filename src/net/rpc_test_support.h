// A channel to a server whose every frame the test decides, on one loop, with a clock that the test
// moves.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "net/rpc_channel.h"
#include "runtime/sync.h"
#include "testing/grpc_server.h"
#include "testing/manual_clock.h"
#include "testing/pump.h"
#include "testing/recording_logger.h"
#include "testing/seeded_random.h"

namespace objectstore {

inline void PrintTo(RpcCode code, std::ostream* out) {
  *out << to_string(code);
}

namespace net_test {

using testing::GrpcServer;
using testing::GrpcServerCall;
using testing::GrpcServerOptions;
using testing::pump;
using testing::pump_until;
using testing::Pumped;
using testing::settle;

inline constexpr const char* method = "/test.Service/Do";

inline Task<Done> close_transport(RpcChannel& channel) {
  co_await channel.close();
  co_return Done{};
}

// What a whole call gives, all its messages kept.
struct Streamed {
  std::vector<std::string> messages;
  RpcStatus status;
  RpcMetadata metadata;
};
inline Task<Streamed> stream_all(RpcTransport& transport, RpcRequest request) {
  Streamed result;
  auto call = co_await transport.start(std::move(request));
  while (true) {
    auto message = co_await call->next();
    if (!message) break;
    result.messages.push_back(std::move(*message));
  }
  result.status = call->status();
  result.metadata = call->response_metadata();
  co_return result;
}

class RpcTest : public ::testing::Test {
 protected:
  ~RpcTest() override {
    if (channel_) (void)pump(context_, close_transport(*channel_));
    server_.reset();
    settle(context_);
  }

  // Both may be called again: for another server, another channel.
  GrpcServer& serve(GrpcServer::Handler handler = {}, GrpcServerOptions options = {}) {
    server_ = std::make_unique<GrpcServer>(context_.get_executor(), std::move(handler),
                                           std::move(options));
    settings_.target = server_->target();
    return *server_;
  }
  RpcChannel& channel() {
    if (!channel_) {
      channel_ = std::make_unique<RpcChannel>(context_.get_executor(), settings_, credentials_,
                                              clock_, random_, logger_);
    }
    return *channel_;
  }

  RpcRequest request(std::string message = "question",
                     Duration time = std::chrono::seconds(10)) const {
    RpcRequest made;
    made.method = method;
    made.message = std::move(message);
    made.deadline = clock_.monotonic_now() + time;
    return made;
  }
  Pumped<RpcReply> begin_unary(RpcRequest made) {
    return Pumped<RpcReply>(context_, call_unary(channel(), std::move(made)));
  }
  Pumped<RpcReply> begin_unary() { return begin_unary(request()); }
  RpcReply unary(RpcRequest made) { return begin_unary(std::move(made)).get(); }
  RpcReply unary() { return unary(request()); }
  // A call that the server has seen to its end.
  std::unique_ptr<RpcCall> start_call(RpcRequest made) {
    const auto before = server_->calls();
    auto call = pump(context_, channel().start(std::move(made)));
    EXPECT_TRUE(pump_until(
        context_, [&] { return server_->calls() > before && server_->call(before).ended; }));
    return call;
  }
  void advance(Duration duration) {
    testing::run_for(context_, clock_, duration);
    settle(context_);
  }

  boost::asio::io_context context_{1};
  testing::ManualClock clock_;
  testing::SeededRandom random_;
  testing::RecordingLogger logger_;
  RpcChannelSettings settings_;
  CallCredentials* credentials_ = nullptr;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<RpcChannel> channel_;
};

}  // namespace net_test
}  // namespace objectstore
