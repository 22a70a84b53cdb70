#include "http/socket_io.h"

#include <gtest/gtest.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <string>

#include "http/test_support.h"
#include "testing/pump.h"

namespace objectstore {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using http_test::ManualClock;
using objectstore::testing::pump;
using objectstore::testing::Pumped;
using objectstore::testing::settle;

// One accepted socket and the client's end of it.
class SocketIoTest : public ::testing::Test {
 protected:
  SocketIoTest() {
    tcp::acceptor acceptor(loop, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    client.connect(acceptor.local_endpoint());
    io = std::make_unique<SocketIo>(acceptor.accept(), table);
    client.non_blocking(true);
    boost::asio::co_spawn(loop, table.watch(), boost::asio::detached);
  }
  // Second by second, as the table looks at its time-outs.
  void pass(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      settle(loop);
      clock.advance(1s);
      settle(loop);
    }
  }
  void send(std::string_view bytes) {
    ASSERT_EQ(client.send(boost::asio::buffer(bytes)), bytes.size());
  }

  boost::asio::io_context loop{1};
  ManualClock clock;
  ConnectionTable table{clock};
  tcp::socket client{loop};
  std::unique_ptr<SocketIo> io;
};

Task<IoOutcome> write_all(SocketIo& io, std::string_view bytes, Duration stall) {
  Gather pieces;
  pieces.add(bytes);
  const auto outcome = io.write_now(pieces);
  if (outcome != IoOutcome::ok || pieces.empty()) co_return outcome;
  co_return co_await io.write_rest(pieces, stall);
}

// A response can be stuck while the request's body still comes, and the other way about.
TEST_F(SocketIoTest, each_direction_has_its_own_time_out) {
  const std::string large(20'000'000, 'x');
  char received[8];
  io->arm(100s);
  Pumped<SocketIo::ReadResult> reading(loop, io->read_some(received, sizeof received));
  Pumped<IoOutcome> writing(loop, write_all(*io, large, 10s));
  pass(9);
  EXPECT_FALSE(writing.ended());
  pass(3);
  ASSERT_TRUE(writing.ended());
  EXPECT_EQ(writing.get(), IoOutcome::timed_out);
  EXPECT_FALSE(reading.ended());
  send("abc");
  const auto read = reading.get();
  EXPECT_EQ(read.outcome, IoOutcome::ok);
  EXPECT_EQ(read.size, 3U);

  io->arm(10s);
  Pumped<IoOutcome> patient(loop, write_all(*io, large, 100s));
  Pumped<SocketIo::ReadResult> hasty(loop, io->read_some(received, sizeof received));
  pass(12);
  EXPECT_EQ(hasty.get().outcome, IoOutcome::timed_out);
  EXPECT_FALSE(patient.ended());
  io->abort();
  EXPECT_EQ(patient.get(), IoOutcome::failed);
}

TEST_F(SocketIoTest, slow_bytes_are_taken_as_long_as_they_keep_pace) {
  char received[4096];
  const auto read_paced = [&] {
    io->arm_paced(30s);
    return io->read_some(received, sizeof received);
  };
  int reads = 0;
  for (; reads < 30; ++reads) {  // a byte every 28 seconds
    Pumped<SocketIo::ReadResult> reading(loop, read_paced());
    settle(loop);
    clock.advance(28s);
    settle(loop);
    if (reading.ended()) {
      EXPECT_EQ(reading.get().outcome, IoOutcome::timed_out);
      break;
    }
    send("x");
    EXPECT_EQ(reading.get().size, 1U);
  }
  EXPECT_GE(reads, 9);
  EXPECT_LE(reads, 12);
  io->renew_pace();
  for (int i = 0; i < 30; ++i) {
    Pumped<SocketIo::ReadResult> reading(loop, read_paced());
    settle(loop);
    clock.advance(28s);
    settle(loop);
    send(std::string(1024, 'x'));
    ASSERT_EQ(reading.get().outcome, IoOutcome::ok);
  }
}

TEST_F(SocketIoTest, clients_end_is_told) {
  char received[8];
  client.shutdown(tcp::socket::shutdown_send);
  EXPECT_EQ(pump(loop, io->read_some(received, 8)).outcome, IoOutcome::end);
}

TEST_F(SocketIoTest, reset_is_no_end) {
  char received[8];
  client.set_option(boost::asio::socket_base::linger(true, 0));
  client.close();
  EXPECT_EQ(pump(loop, io->read_some(received, 8)).outcome, IoOutcome::failed);
}

TEST_F(SocketIoTest, released_only_while_nothing_has_come) {
  char received[8];
  Pumped<SocketIo::ReadResult> idle(loop, io->read_when_idle(received, 8));
  settle(loop);
  table.stop({});
  EXPECT_EQ(idle.get().outcome, IoOutcome::released);
  send("GET");
  settle(loop);
  const auto late = pump(loop, io->read_when_idle(received, 8));
  EXPECT_EQ(late.outcome, IoOutcome::ok);
  EXPECT_EQ(late.size, 3U);
}

TEST(Gather, consumes_across_pieces) {
  Gather pieces;
  pieces.add("abc");
  pieces.add("");
  pieces.add("de");
  EXPECT_EQ(pieces.size(), 2U);
  pieces.consume(4);
  ASSERT_EQ(pieces.size(), 1U);
  EXPECT_EQ(*static_cast<const char*>(pieces.begin()->data()), 'e');
  pieces.consume(1);
  EXPECT_TRUE(pieces.empty());
}

}  // namespace
}  // namespace objectstore
