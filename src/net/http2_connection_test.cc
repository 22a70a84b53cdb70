// Calls over one connection: what is sent, how much, when, and what is never sent.
#include <gmock/gmock.h>
#include <nghttp2/nghttp2.h>

#include <numeric>

#include "net/rpc_test_support.h"
#include "testing/scratch_directory.h"

namespace objectstore::net_test {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

std::string bytes_of_size(std::size_t size) {
  std::string bytes(size, '\0');
  std::iota(bytes.begin(), bytes.end(), '\0');
  return bytes;
}

class Http2ConnectionTest : public RpcTest {
 protected:
  // Calls that the server has seen, and only those.
  bool sees(std::size_t calls) {
    return pump_until(context_, [&] { return server_->calls() >= calls; });
  }
  Pumped<std::optional<std::string>> begin_next(RpcCall& call) { return {context_, call.next()}; }
};

TEST_F(Http2ConnectionTest, requests_carry_what_grpc_asks_for) {
  settings_.user_agent = "objectstore/1";
  settings_.metadata = {{"x-always", "a"}};
  auto& server = serve([](GrpcServerCall& call) { call.reply("answer"); });
  auto made = request("question", 10s);
  made.metadata = {{"x-once", "b"}};
  EXPECT_EQ(unary(std::move(made)).message, "answer");
  auto& call = server.call(0);
  EXPECT_EQ(call.header(":method"), "POST");
  EXPECT_EQ(call.header(":scheme"), "http");
  EXPECT_EQ(call.header(":authority"), server.target());
  EXPECT_EQ(call.path, method);
  EXPECT_EQ(call.header("te"), "trailers");
  EXPECT_EQ(call.header("content-type"), "application/grpc");
  EXPECT_EQ(call.header("user-agent"), "objectstore/1");
  EXPECT_EQ(call.header("grpc-timeout"), "10000000u");
  EXPECT_EQ(call.header("x-always"), "a");
  EXPECT_EQ(call.header("x-once"), "b");
  EXPECT_EQ(call.header("authorization"), "");
  EXPECT_THAT(call.messages, ::testing::ElementsAre("question"));
}

TEST_F(Http2ConnectionTest, messages_of_20_mib_go_both_ways) {
  const auto big = bytes_of_size(20 << 20);
  auto& server = serve([](GrpcServerCall& call) { call.reply(call.messages.at(0)); });
  const auto reply = unary(request(big));
  EXPECT_TRUE(reply.status.ok()) << reply.status.message;
  EXPECT_TRUE(reply.message == big);
  EXPECT_TRUE(server.call(0).messages.at(0) == big);
}

TEST_F(Http2ConnectionTest, a_thousand_calls_at_once_keep_to_the_servers_limit) {
  GrpcServerOptions options;
  options.max_concurrent_streams = 100;
  std::size_t open = 0;
  std::size_t most = 0;
  std::vector<GrpcServerCall*> waiting;
  auto& server = serve(
      [&](GrpcServerCall& call) {
        most = std::max(most, ++open);
        waiting.push_back(&call);
      },
      options);
  std::vector<Pumped<RpcReply>> calls;
  for (int i = 0; i < 1000; ++i)
    calls.push_back(begin_unary(request(std::to_string(i))));
  while (server.calls() < 1000 || !waiting.empty()) {
    ASSERT_TRUE(pump_until(context_, [&] { return !waiting.empty(); }));
    auto* call = waiting.back();
    waiting.pop_back();
    --open;
    call->reply(call->messages.at(0));
  }
  for (int i = 0; i < 1000; ++i)
    EXPECT_EQ(calls[static_cast<std::size_t>(i)].get().message, std::to_string(i));
  EXPECT_EQ(most, 100u);
  EXPECT_EQ(server.connections(), 1u);
  EXPECT_EQ(channel().load(), 0u);
}

TEST_F(Http2ConnectionTest, calls_beyond_the_queue_are_refused) {
  GrpcServerOptions options;
  options.max_concurrent_streams = 1;
  settings_.limits.max_queued_calls = 2;
  serve({}, options);
  const auto open = start_call(request());
  std::vector<std::unique_ptr<RpcCall>> queued;
  for (int i = 0; i < 2; ++i)
    queued.push_back(pump(context_, channel().start(request())));
  const auto refused = unary();
  EXPECT_EQ(refused.status.code, RpcCode::unavailable);
  EXPECT_TRUE(refused.status.never_sent);
  EXPECT_EQ(channel().load(), 3u);
}

TEST_F(Http2ConnectionTest, the_server_sends_no_more_than_a_window_of_what_is_not_fetched) {
  constexpr std::size_t piece = 100'000;
  constexpr std::size_t pieces = 50;
  auto& server = serve([](GrpcServerCall& call) {
    call.begin();
    if (call.messages.at(0) == "small") {
      call.message("answer");
    } else {
      for (std::size_t i = 0; i < pieces; ++i)
        call.message(bytes_of_size(piece));
    }
    call.finish(RpcCode::ok);
  });
  auto call = start_call(request("large"));
  ASSERT_TRUE(pump_until(context_, [&] { return server.call(0).bytes_sent > (1 << 20) - 20'000; }));
  settle(context_);
  EXPECT_EQ(server.call(0).bytes_sent, 1u << 20);
  // Nobody else is held back.
  EXPECT_EQ(unary(request("small")).message, "answer");
  EXPECT_EQ(server.connections(), 1u);
  // What is fetched makes room.
  for (std::size_t i = 0; i < pieces; ++i) {
    const auto message = pump(context_, call->next());
    ASSERT_TRUE(message.has_value());
    EXPECT_EQ(message->size(), piece);
    settle(context_);
    EXPECT_LE(server.call(0).bytes_sent, (i + 1) * (piece + 5) + (1 << 20));
  }
  EXPECT_FALSE(pump(context_, call->next()).has_value());
  EXPECT_TRUE(call->status().ok());
}

TEST_F(Http2ConnectionTest, calls_end_at_their_deadline) {
  auto& server = serve();
  auto first = begin_unary(request("a", 10s));
  auto second = begin_unary(request("b", 5s));  // sooner, though begun later
  ASSERT_TRUE(sees(2));
  advance(5s - 1ns);
  EXPECT_FALSE(second.ended());
  advance(1ns);
  const auto status = second.get().status;
  EXPECT_EQ(status.code, RpcCode::deadline_exceeded);
  EXPECT_FALSE(status.never_sent);
  EXPECT_FALSE(first.ended());
  EXPECT_EQ(server.call(1).reset_by_client, NGHTTP2_CANCEL);
  EXPECT_FALSE(server.call(0).reset_by_client.has_value());
  server.call(0).reply("answer");
  EXPECT_EQ(first.get().message, "answer");
}

TEST_F(Http2ConnectionTest, messages_of_a_call_past_its_deadline_are_dropped) {
  auto& server = serve();
  auto call = start_call(request("a", 5s));
  server.call(0).begin();
  server.call(0).message("late");
  advance(5s);
  EXPECT_FALSE(pump(context_, call->next()).has_value());
  EXPECT_EQ(call->status().code, RpcCode::deadline_exceeded);
}

TEST_F(Http2ConnectionTest, queued_calls_end_at_their_deadline_never_sent) {
  GrpcServerOptions options;
  options.max_concurrent_streams = 1;
  auto& server = serve({}, options);
  const auto open = start_call(request("a", 10s));
  auto queued = begin_unary(request("b", 5s));
  advance(5s);
  const auto status = queued.get().status;
  EXPECT_EQ(status.code, RpcCode::deadline_exceeded);
  EXPECT_TRUE(status.never_sent);
  server.call(0).reply("answer");
  settle(context_);
  EXPECT_EQ(server.calls(), 1u);
}

TEST_F(Http2ConnectionTest, a_deadline_in_the_past_sends_nothing) {
  auto& server = serve([](GrpcServerCall& call) { call.reply("answer"); });
  EXPECT_TRUE(unary().status.ok());
  const auto status = unary(request("late", 0s)).status;
  EXPECT_EQ(status.code, RpcCode::deadline_exceeded);
  EXPECT_TRUE(status.never_sent);
  settle(context_);
  EXPECT_EQ(server.calls(), 1u);
}

TEST_F(Http2ConnectionTest, dropped_calls_are_cancelled_wherever_they_are) {
  GrpcServerOptions options;
  options.max_concurrent_streams = 2;
  auto& server = serve({}, options);
  auto silent = start_call(request("silent"));
  auto talking = start_call(request("talking"));
  auto queued = pump(context_, channel().start(request("queued")));
  server.call(1).begin();
  server.call(1).message("unfetched");
  settle(context_);
  EXPECT_EQ(channel().load(), 3u);
  queued.reset();
  talking.reset();
  silent.reset();
  EXPECT_EQ(channel().load(), 0u);
  ASSERT_TRUE(pump_until(
      context_, [&] { return server.call(0).reset_by_client && server.call(1).reset_by_client; }));
  EXPECT_EQ(server.call(0).reset_by_client, NGHTTP2_CANCEL);
  EXPECT_EQ(server.call(1).reset_by_client, NGHTTP2_CANCEL);
  settle(context_);
  EXPECT_EQ(server.calls(), 2u);
}

TEST_F(Http2ConnectionTest, a_call_dropped_at_once_frees_its_place) {
  GrpcServerOptions options;
  options.max_concurrent_streams = 1;
  serve([](GrpcServerCall& call) { call.reply("answer"); }, options);
  EXPECT_TRUE(unary().status.ok());
  for (int i = 0; i < 10; ++i)
    pump(context_, channel().start(request(bytes_of_size(1 << 20)))).reset();
  EXPECT_TRUE(unary().status.ok());
}

TEST_F(Http2ConnectionTest, large_requests_wait_for_the_socket_and_may_be_dropped_there) {
  GrpcServerOptions options;
  options.window = 256 << 20;
  options.reads = false;
  auto& server = serve([](GrpcServerCall& call) { call.reply(call.messages.at(0)); }, options);
  // More than the kernel takes: the last wait, in part or as a whole.
  const auto big = bytes_of_size(10 << 20);
  std::vector<std::unique_ptr<RpcCall>> calls;
  for (int i = 0; i < 4; ++i)
    calls.push_back(pump(context_, channel().start(request(big))));
  settle(context_);
  calls[0].reset();
  calls[3].reset();
  server.start_reading();
  for (const auto kept : {1, 2}) {
    const auto message = pump(context_, calls[static_cast<std::size_t>(kept)]->next());
    ASSERT_TRUE(message.has_value());
    EXPECT_TRUE(*message == big);
  }
  EXPECT_EQ(server.connections(), 1u);
}

TEST_F(Http2ConnectionTest, an_answer_before_the_request_was_read_spares_the_rest) {
  // The server's window lets 64 KiB in; the rest waits.
  auto& server = serve();
  auto call = begin_unary(request(bytes_of_size(1 << 20)));
  ASSERT_TRUE(sees(1));
  server.call(0).fail(RpcCode::permission_denied);
  EXPECT_EQ(call.get().status.code, RpcCode::permission_denied);
  ASSERT_TRUE(pump_until(context_, [&] { return server.call(0).reset_by_client.has_value(); }));
}

TEST_F(Http2ConnectionTest, only_what_never_reached_the_socket_was_never_sent) {
  GrpcServerOptions options;
  options.reads = false;
  auto& server = serve({}, options);
  // More than all buffers of the kernel hold.
  constexpr std::size_t count = 1000;
  std::vector<Pumped<RpcReply>> calls;
  for (std::size_t i = 0; i < count; ++i) {
    auto made = request();
    made.metadata = {{"x-long", std::string(30'000, static_cast<char>('a' + i % 26))}};
    calls.push_back(begin_unary(std::move(made)));
  }
  settle(context_);
  settle(context_);
  server.start_reading();
  // As much as is in the kernel arrives, for nothing more is given to it…
  boost::asio::io_context::count_type ran = 0;
  do {
    context_.restart();
    ran = context_.poll_one();
  } while (ran > 0 && server.calls() < 3);
  // …before the connection breaks.
  server.close_connections();
  std::size_t never_sent = 0;
  bool suffix = true;
  for (auto& call : calls) {
    const auto status = call.get().status;
    EXPECT_EQ(status.code, RpcCode::unavailable);
    if (!status.never_sent && never_sent > 0) suffix = false;
    never_sent += status.never_sent ? 1 : 0;
  }
  EXPECT_TRUE(suffix);
  EXPECT_GT(never_sent, 0u);
  EXPECT_GE(count - never_sent, server.calls());
}

TEST_F(Http2ConnectionTest, pings_go_out_only_while_calls_are_open) {
  auto& server = serve();
  auto call = begin_unary(request("question", 300s));
  ASSERT_TRUE(sees(1));
  advance(29s);
  EXPECT_EQ(server.pings(), 0u);
  advance(1s);
  EXPECT_EQ(server.pings(), 1u);
  advance(60s);
  EXPECT_EQ(server.pings(), 3u);
  EXPECT_FALSE(call.ended());
  server.call(0).reply("answer");
  EXPECT_EQ(call.get().message, "answer");
  advance(120s);
  EXPECT_EQ(server.pings(), 3u);
}

TEST_F(Http2ConnectionTest, traffic_spares_pings) {
  auto& server = serve();
  auto call = start_call(request("question", 300s));
  server.call(0).begin();
  for (int i = 0; i < 10; ++i) {
    advance(20s);
    server.call(0).message("still here");
    settle(context_);
  }
  EXPECT_EQ(server.pings(), 0u);
}

TEST_F(Http2ConnectionTest, a_server_that_answers_no_ping_is_given_up) {
  GrpcServerOptions options;
  options.answers_pings = false;
  auto& server = serve({}, options);
  auto call = begin_unary(request("question", 300s));
  ASSERT_TRUE(sees(1));
  advance(40s - 1ns);
  EXPECT_EQ(server.pings(), 1u);
  EXPECT_FALSE(call.ended());
  advance(1ns);
  const auto status = call.get().status;
  EXPECT_EQ(status.code, RpcCode::unavailable);
  EXPECT_FALSE(status.never_sent);
  EXPECT_THAT(status.message, HasSubstr("PING"));
}

TEST_F(Http2ConnectionTest, unix_sockets_serve) {
  const testing::ScratchDirectory directory;
  GrpcServerOptions options;
  options.unix_path = directory.path() / "socket";
  serve([](GrpcServerCall& call) { call.reply("answer"); }, options);
  EXPECT_EQ(unary().message, "answer");
}

}  // namespace
}  // namespace objectstore::net_test
