// How a channel keeps a connection usable.
#include <gmock/gmock.h>
#include <nghttp2/nghttp2.h>

#include "net/rpc_test_support.h"

namespace objectstore::net_test {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

// A loopback port that nobody listens on any more.
std::string closed_port(boost::asio::io_context& context) {
  const GrpcServer server(context.get_executor());
  return server.target();
}

void answer(GrpcServerCall& call) {
  call.reply("by " + std::to_string(call.connection));
}

class RpcChannelTest : public RpcTest {};

TEST_F(RpcChannelTest, nothing_is_connected_before_the_first_call) {
  auto& server = serve(answer);
  (void)channel();
  settle(context_);
  EXPECT_EQ(server.connections(), 0u);
  EXPECT_EQ(clock_.sleepers(), 0u);
  EXPECT_EQ(unary().message, "by 0");
  EXPECT_EQ(unary().message, "by 0");
  EXPECT_EQ(server.connections(), 1u);
}

TEST_F(RpcChannelTest, refused_connections_end_all_waiting_calls_never_sent) {
  settings_.target = closed_port(context_);
  std::vector<Pumped<RpcReply>> calls;
  for (int i = 0; i < 10; ++i)
    calls.push_back(begin_unary());
  for (auto& call : calls) {
    const auto status = call.get().status;
    EXPECT_EQ(status.code, RpcCode::unavailable);
    EXPECT_TRUE(status.never_sent);
    EXPECT_THAT(status.message, HasSubstr("can't connect to " + settings_.target));
    EXPECT_THAT(status.message, HasSubstr("refused"));
  }
  EXPECT_EQ(logger_.count("can't connect"), 1u);  // one attempt for all
}

TEST_F(RpcChannelTest, attempts_wait_for_the_back_off) {
  settings_.target = closed_port(context_);
  settings_.backoff = {.initial = 1s, .longest = 60s};
  EXPECT_EQ(unary().status.code, RpcCode::unavailable);
  auto second = begin_unary();
  settle(context_);
  EXPECT_FALSE(second.ended());
  advance(1s);  // a delay is between half of its step and all of it
  EXPECT_EQ(second.get().status.code, RpcCode::unavailable);
  EXPECT_EQ(logger_.count("can't connect"), 2u);
  // A call that ends before the next attempt need not wait for it.
  const auto status = unary(request("question", 100ms)).status;
  EXPECT_EQ(status.code, RpcCode::unavailable);
  EXPECT_TRUE(status.never_sent);
  EXPECT_THAT(status.message, HasSubstr("refused"));
  EXPECT_EQ(logger_.count("can't connect"), 2u);
}

TEST_F(RpcChannelTest, targets_that_are_none_say_so) {
  settings_.target = "nonsense";
  const auto status = unary().status;
  EXPECT_EQ(status.code, RpcCode::unavailable);
  EXPECT_TRUE(status.never_sent);
  EXPECT_THAT(status.message, HasSubstr("'nonsense' is neither HOST:PORT nor unix:///PATH"));
}

TEST_F(RpcChannelTest, servers_that_say_nothing_time_out) {
  GrpcServerOptions options;
  options.silent = true;
  auto& server = serve({}, options);
  auto early = begin_unary(request("a", 5s));
  auto late = begin_unary(request("b", 60s));
  ASSERT_TRUE(pump_until(context_, [&] { return server.connections() == 1; }));
  advance(5s);
  const auto first = early.get().status;
  EXPECT_EQ(first.code, RpcCode::deadline_exceeded);
  EXPECT_TRUE(first.never_sent);
  EXPECT_FALSE(late.ended());
  advance(5s);
  const auto second = late.get().status;
  EXPECT_EQ(second.code, RpcCode::unavailable);
  EXPECT_TRUE(second.never_sent);
  EXPECT_THAT(second.message, HasSubstr("timed out"));
}

TEST_F(RpcChannelTest, what_does_not_speak_http2_is_refused) {
  GrpcServerOptions options;
  options.silent = true;
  auto& server = serve({}, options);
  auto call = begin_unary();
  ASSERT_TRUE(pump_until(context_, [&] { return server.connections() == 1; }));
  server.close_connections();
  const auto status = call.get().status;
  EXPECT_EQ(status.code, RpcCode::unavailable);
  EXPECT_TRUE(status.never_sent);
}

TEST_F(RpcChannelTest, a_broken_connection_is_made_again) {
  auto& server = serve(answer);
  EXPECT_EQ(unary().message, "by 0");
  server.close_connections();
  settle(context_);
  EXPECT_EQ(unary().message, "by 1");
}

TEST_F(RpcChannelTest, a_connection_that_goes_away_finishes_its_calls_beside_the_next) {
  auto& server = serve();
  auto old_call = begin_unary();
  ASSERT_TRUE(pump_until(context_, [&] { return server.calls() == 1; }));
  server.go_away(1, NGHTTP2_NO_ERROR);
  settle(context_);
  auto new_call = begin_unary();
  ASSERT_TRUE(pump_until(context_, [&] { return server.calls() == 2 && server.call(1).ended; }));
  EXPECT_EQ(server.connections(), 2u);
  EXPECT_EQ(server.open_connections(), 2u);
  server.call(0).reply("old");
  EXPECT_EQ(old_call.get().message, "old");
  ASSERT_TRUE(pump_until(context_, [&] { return server.open_connections() == 1; }));
  server.call(1).reply("new");
  EXPECT_EQ(new_call.get().message, "new");
}

TEST_F(RpcChannelTest, queued_calls_of_a_connection_that_goes_away_were_never_sent) {
  GrpcServerOptions options;
  options.max_concurrent_streams = 1;
  auto& server = serve({}, options);
  auto open = begin_unary();
  ASSERT_TRUE(pump_until(context_, [&] { return server.calls() == 1; }));
  auto queued = begin_unary();
  settle(context_);
  server.go_away(1, NGHTTP2_NO_ERROR);
  const auto status = queued.get().status;
  EXPECT_EQ(status.code, RpcCode::unavailable);
  EXPECT_TRUE(status.never_sent);
  server.call(0).reply("answer");
  EXPECT_EQ(open.get().message, "answer");
}

Task<RpcStatus> ping_and_warm(RpcTransport& transport) {
  RpcRequest made;
  made.method = "/test.Service/Warm";
  made.deadline = MonotonicTime::max();
  auto reply = co_await call_unary(transport, std::move(made));
  co_return std::move(reply.status);
}

TEST_F(RpcChannelTest, connections_are_warmed_before_they_take_calls) {
  settings_.warm_up = ping_and_warm;
  auto& server = serve();
  auto call = begin_unary();
  ASSERT_TRUE(pump_until(context_, [&] { return server.calls() == 1 && server.call(0).ended; }));
  settle(context_);
  EXPECT_EQ(server.calls(), 1u);
  EXPECT_EQ(server.call(0).path, "/test.Service/Warm");
  server.call(0).fail(RpcCode::not_found, "no such table");  // logged, not fatal
  ASSERT_TRUE(pump_until(context_, [&] { return server.calls() == 2 && server.call(1).ended; }));
  server.call(1).reply("answer");
  EXPECT_EQ(call.get().message, "answer");
  EXPECT_EQ(logger_.count("can't warm up"), 1u);
}

TEST_F(RpcChannelTest, an_old_connection_works_until_the_new_one_is_warm) {
  settings_.warm_up = ping_and_warm;
  auto& server = serve();
  const auto sees = [&](std::size_t calls) {
    return pump_until(context_,
                      [&] { return server.calls() >= calls && server.call(calls - 1).ended; });
  };
  auto first = begin_unary();
  ASSERT_TRUE(sees(1));
  server.call(0).reply("");
  ASSERT_TRUE(sees(2));
  server.call(1).reply("answer");
  EXPECT_TRUE(first.get().status.ok());

  advance(44min);
  EXPECT_EQ(server.connections(), 1u);
  advance(11min);
  ASSERT_TRUE(sees(3));
  EXPECT_EQ(server.call(2).path, "/test.Service/Warm");
  EXPECT_EQ(server.call(2).connection, 1u);
  auto during = begin_unary();
  ASSERT_TRUE(sees(4));
  EXPECT_EQ(server.call(3).connection, 0u);
  server.call(2).reply("");
  settle(context_);
  auto after = begin_unary();
  ASSERT_TRUE(sees(5));
  EXPECT_EQ(server.call(4).connection, 1u);
  EXPECT_EQ(server.open_connections(), 2u);
  server.call(3).reply("old");
  EXPECT_EQ(during.get().message, "old");
  ASSERT_TRUE(pump_until(context_, [&] { return server.open_connections() == 1; }));
  server.call(4).reply("new");
  EXPECT_EQ(after.get().message, "new");
}

TEST_F(RpcChannelTest, an_old_connection_stays_where_no_new_one_can_be_made) {
  settings_.backoff = {.initial = 1s, .longest = 1s};
  auto& server = serve(answer);
  EXPECT_TRUE(unary().status.ok());
  server.stop_listening();
  advance(55min + 5s);
  EXPECT_GE(logger_.count("can't connect"), 2u);
  EXPECT_EQ(unary().message, "by 0");
}

class Credentials final : public CallCredentials {
 public:
  std::shared_ptr<const std::string> cached() override { return token; }
  Task<Result<std::string>> authorization() override {
    ++fetches;
    if (failure) co_return *failure;
    co_return std::string("Bearer fetched");
  }
  std::shared_ptr<const std::string> token;
  std::optional<Error> failure;
  int fetches = 0;
};

TEST_F(RpcChannelTest, calls_carry_credentials_that_are_at_hand_or_fetched) {
  Credentials credentials;
  credentials_ = &credentials;
  auto& server = serve(answer);
  EXPECT_TRUE(unary().status.ok());
  EXPECT_EQ(server.call(0).header("authorization"), "Bearer fetched");
  EXPECT_EQ(credentials.fetches, 1);
  credentials.token = std::make_shared<const std::string>("Bearer cached");
  EXPECT_TRUE(unary().status.ok());
  EXPECT_EQ(server.call(1).header("authorization"), "Bearer cached");
  EXPECT_EQ(credentials.fetches, 1);
}

TEST_F(RpcChannelTest, calls_without_credentials_are_never_sent) {
  Credentials credentials;
  credentials_ = &credentials;
  serve(answer);
  const std::pair<ErrorCode, RpcCode> cases[] = {
      {ErrorCode::unavailable, RpcCode::unavailable},
      {ErrorCode::invalid_argument, RpcCode::unauthenticated},
  };
  for (const auto& [error, code] : cases) {
    credentials.failure = Error(error, "no token");
    const auto status = unary().status;
    EXPECT_EQ(status.code, code);
    EXPECT_TRUE(status.never_sent);
    EXPECT_THAT(status.message, HasSubstr("no token"));
  }
  EXPECT_EQ(server_->calls(), 0u);
}

TEST_F(RpcChannelTest, closing_ends_calls_wherever_they_are) {
  GrpcServerOptions options;
  options.max_concurrent_streams = 1;
  auto& server = serve({}, options);
  auto open = begin_unary();
  ASSERT_TRUE(pump_until(context_, [&] { return server.calls() == 1; }));
  auto queued = begin_unary();
  settle(context_);
  (void)pump(context_, close_transport(channel()));
  EXPECT_EQ(open.get().status.code, RpcCode::cancelled);
  const auto status = queued.get().status;
  EXPECT_EQ(status.code, RpcCode::cancelled);
  EXPECT_TRUE(status.never_sent);
  const auto later = unary().status;
  EXPECT_EQ(later.code, RpcCode::cancelled);
  EXPECT_TRUE(later.never_sent);
  EXPECT_EQ(clock_.sleepers(), 0u);
}

TEST_F(RpcChannelTest, closing_ends_attempts_to_connect) {
  GrpcServerOptions options;
  options.silent = true;
  auto& server = serve({}, options);
  auto call = begin_unary();
  ASSERT_TRUE(pump_until(context_, [&] { return server.connections() == 1; }));
  (void)pump(context_, close_transport(channel()));
  EXPECT_EQ(call.get().status.code, RpcCode::cancelled);
}

}  // namespace
}  // namespace objectstore::net_test
