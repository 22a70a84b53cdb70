// Which channel of a pool takes a call, and calls from elsewhere.
#include "net/channel_pool.h"

#include <gmock/gmock.h>

#include <array>
#include <thread>

#include "net/rpc_test_support.h"
#include "runtime/task_scope.h"

namespace objectstore::net_test {
namespace {

using namespace std::chrono_literals;

Task<Done> close_pool(ChannelPool& pool) {
  co_await pool.close();
  co_return Done{};
}

Task<void> close_and_note(ChannelPool& pool, bool& closed) {
  co_await pool.close();
  closed = true;
}

Task<void> call_and_keep(RpcTransport& transport, RpcRequest request, RpcReply& reply) {
  reply = co_await call_unary(transport, std::move(request));
}

class FetchedCredentials final : public CallCredentials {
 public:
  std::shared_ptr<const std::string> cached() override { return nullptr; }
  Task<Result<std::string>> authorization() override { co_return std::string("Bearer fetched"); }
};

// A loop on a thread of its own.
class LoopThread {
 public:
  LoopThread() : work_(context.get_executor()), thread_([this] { context.run(); }) {}
  ~LoopThread() {
    work_.reset();
    thread_.join();
  }
  boost::asio::io_context context{1};

 private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

class ChannelPoolTest : public RpcTest {
 protected:
  ~ChannelPoolTest() override {
    if (pool_) (void)pump(context_, close_pool(*pool_));
  }
  ChannelPool& make_pool(std::size_t channels,
                         std::vector<boost::asio::any_io_executor> executors) {
    pool_ = std::make_unique<ChannelPool>(channels, executors, settings_, credentials_, clock_,
                                          random_, logger_);
    return *pool_;
  }
  ChannelPool& make_pool(std::size_t channels) {
    return make_pool(channels, {context_.get_executor()});
  }
  std::unique_ptr<ChannelPool> pool_;
};

TEST_F(ChannelPoolTest, calls_are_spread_over_the_channels) {
  std::vector<std::size_t> open(4);
  auto& server = serve([&](GrpcServerCall& call) { ++open.at(call.connection); });
  auto& pool = make_pool(4);
  std::vector<std::unique_ptr<RpcCall>> calls;
  for (std::size_t i = 0; i < 400; ++i) {
    calls.push_back(pump(context_, pool.start(request())));
    ASSERT_TRUE(pump_until(context_, [&] { return server.calls() == i + 1; }));
  }
  ASSERT_TRUE(pump_until(context_, [&] { return server.call(399).ended; }));
  EXPECT_EQ(server.connections(), 4u);
  for (const auto count : open)
    EXPECT_THAT(count, ::testing::AllOf(::testing::Gt(80u), ::testing::Lt(120u)));
}

TEST_F(ChannelPoolTest, callers_use_the_channel_of_their_own_loop) {
  boost::asio::io_context other(1);
  serve([](GrpcServerCall& call) { call.reply("by " + std::to_string(call.connection)); });
  auto& pool = make_pool(2, {context_.get_executor(), other.get_executor()});
  EXPECT_EQ(pump(context_, call_unary(pool, request())).message, "by 0");
  Pumped<RpcReply> from_other(other, call_unary(pool, request()));
  ASSERT_TRUE(pump_until(context_, [&] {
    testing::run_ready(other);
    return from_other.ended();
  }));
  EXPECT_EQ(from_other.get().message, "by 1");
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(pump(context_, call_unary(pool, request())).message, "by 0");
  // Closing has work on both.
  Pumped<Done> closing(context_, close_pool(pool));
  ASSERT_TRUE(pump_until(context_, [&] {
    testing::run_ready(other);
    return closing.ended();
  }));
  pool_.reset();
}

TEST_F(ChannelPoolTest, calls_of_other_threads_come_back_to_them) {
  LoopThread channels;
  serve([](GrpcServerCall& call) {
    call.begin({{"x-first", "1"}});
    call.message("a");
    call.message("b");
    call.finish(RpcCode::aborted, "later");
  });
  auto& pool = make_pool(1, {channels.context.get_executor()});
  const auto result = pump(context_, stream_all(pool, request()));
  EXPECT_THAT(result.messages, ::testing::ElementsAre("a", "b"));
  EXPECT_EQ(result.status.code, RpcCode::aborted);
  EXPECT_EQ(result.metadata.front().first, "x-first");
  // Dropped here, cancelled there.
  auto unfetched = pump(context_, pool.start(request()));
  unfetched.reset();
  (void)pump(context_, close_pool(pool));
  pool_.reset();
}

TEST_F(ChannelPoolTest, no_call_waits_for_a_connection_where_another_is_there) {
  auto& server = serve([](GrpcServerCall& call) { call.reply("answer"); });
  auto& pool = make_pool(2);
  EXPECT_TRUE(pump(context_, call_unary(pool, request())).status.ok());
  server.stop_listening();
  for (int i = 0; i < 50; ++i)
    EXPECT_TRUE(pump(context_, call_unary(pool, request())).status.ok());
}

TEST_F(ChannelPoolTest, closing_ends_all_calls) {
  auto& server = serve();
  auto& pool = make_pool(3);
  std::vector<Pumped<RpcReply>> calls;
  calls.reserve(30);
  for (int i = 0; i < 30; ++i)
    calls.emplace_back(context_, call_unary(pool, request()));
  ASSERT_TRUE(pump_until(context_, [&] { return server.calls() == 30; }));
  (void)pump(context_, close_pool(pool));
  for (auto& call : calls)
    EXPECT_EQ(call.get().status.code, RpcCode::cancelled);
  EXPECT_EQ(pump(context_, call_unary(pool, request())).status.code, RpcCode::cancelled);
}

TEST_F(ChannelPoolTest, a_pool_never_used_closes_at_once) {
  settings_.target = "127.0.0.1:1";
  auto& pool = make_pool(2);
  (void)pump(context_, close_pool(pool));
  EXPECT_EQ(clock_.sleepers(), 0u);
}

// The stop arrives between two channels; each step runs one of the loops.
TEST_F(ChannelPoolTest, closing_goes_on_when_its_caller_is_asked_to_stop) {
  settings_.target = "127.0.0.1:1";
  std::array<boost::asio::io_context, 2> others;
  auto& pool =
      make_pool(3, {context_.get_executor(), others[0].get_executor(), others[1].get_executor()});
  TaskScope scope;
  bool closed = false;
  scope.spawn(context_.get_executor(), close_and_note(pool, closed));
  testing::run_ready(context_);
  scope.request_stop();
  testing::run_ready(others[0]);
  testing::run_ready(context_);
  EXPECT_FALSE(closed);
  ASSERT_TRUE(pump_until(context_, [&] {
    for (auto& other : others)
      testing::run_ready(other);
    return closed;
  }));
  pool_.reset();
  settle(context_);
  EXPECT_EQ(scope.running(), 0u);
}

TEST_F(ChannelPoolTest, calls_on_other_loops_end_as_they_do_when_their_caller_is_asked_to_stop) {
  boost::asio::io_context other(1);
  serve([](GrpcServerCall& call) { call.reply("answer"); });
  FetchedCredentials credentials;
  credentials_ = &credentials;
  auto& pool = make_pool(1, {other.get_executor()});
  TaskScope scope;
  RpcReply reply;
  scope.spawn(context_.get_executor(), call_and_keep(pool, request(), reply));
  testing::run_ready(context_);
  scope.request_stop();
  const auto pump_both_until = [&](auto condition) {
    return pump_until(context_, [&] {
      testing::run_ready(other);
      return condition();
    });
  };
  ASSERT_TRUE(pump_both_until([&] { return scope.running() == 0; }));
  EXPECT_TRUE(reply.status.ok());
  EXPECT_EQ(reply.message, "answer");
  Pumped<Done> closing(context_, close_pool(pool));
  ASSERT_TRUE(pump_both_until([&] { return closing.ended(); }));
  pool_.reset();
}

}  // namespace
}  // namespace objectstore::net_test
