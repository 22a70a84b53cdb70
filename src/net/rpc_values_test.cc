// The small parts of the transport: texts, targets, messages, alarms.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/base64.h"
#include "net/alarms.h"
#include "net/grpc_message.h"
#include "net/grpc_status.h"
#include "net/rpc_target.h"
#include "testing/manual_clock.h"

namespace objectstore {
namespace {

using namespace std::chrono_literals;

TEST(GrpcStatusTest, codes_have_their_names_and_numbers) {
  EXPECT_EQ(to_string(RpcCode::ok), "OK");
  EXPECT_EQ(to_string(RpcCode::unauthenticated), "UNAUTHENTICATED");
  EXPECT_EQ(parse_grpc_status("0"), RpcCode::ok);
  EXPECT_EQ(parse_grpc_status("16"), RpcCode::unauthenticated);
  for (const auto* text : {"17", "", "-1", "1x", " 1", "99999999999999999999"})
    EXPECT_EQ(parse_grpc_status(text), RpcCode::unknown) << text;
}

TEST(GrpcStatusTest, timeouts_have_at_most_eight_digits) {
  const std::pair<Duration, const char*> cases[] = {
      {-1s, "1n"},        {0ns, "1n"},        {99'999'999ns, "99999999n"},
      {100ms, "100000u"}, {10s, "10000000u"}, {100s, "100000m"},
      {27h, "97200000m"}, {28h, "100800S"},   {Duration::max(), "99999999S"},
  };
  for (const auto& [left, text] : cases)
    EXPECT_EQ(grpc_timeout(left), text);
}

TEST(GrpcStatusTest, details_are_read_with_and_without_padding) {
  using namespace std::string_literals;
  const auto any = "\x0a\x16t/google.rpc.RetryInfo\x12\x04\x0a\x02\x08\x02"s;
  auto details = base64_encode("\x1a\x1e" + any);
  ASSERT_TRUE(details.ends_with('='));
  EXPECT_EQ(retry_delay_of(details), 2s);
  details.pop_back();
  EXPECT_EQ(retry_delay_of(details), 2s);
}

TEST(GrpcStatusTest, details_that_cannot_be_read_ask_for_nothing) {
  // Not base64; cut; a field longer than the message; no RetryInfo.
  for (const auto* details : {"!", "", "CA", "Gv8B", "CAgSBGJ1c3k"})
    EXPECT_FALSE(retry_delay_of(details).has_value()) << details;
}

TEST(RpcTargetTest, targets_are_hosts_with_ports_or_unix_sockets) {
  struct Case {
    const char* text;
    const char* host;
    const char* port;
    const char* path;
    const char* authority;
  };
  const Case cases[] = {
      {"bigtable.googleapis.com:443", "bigtable.googleapis.com", "443", "",
       "bigtable.googleapis.com"},
      {"127.0.0.1:8086", "127.0.0.1", "8086", "", "127.0.0.1:8086"},
      {"[::1]:8086", "::1", "8086", "", "[::1]:8086"},
      {"unix:///run/x.sock", "", "", "/run/x.sock", "localhost"},
      {"unix:/run/x.sock", "", "", "/run/x.sock", "localhost"},
  };
  for (const auto& expected : cases) {
    const auto target = parse_rpc_target(expected.text);
    ASSERT_TRUE(target.ok()) << expected.text;
    EXPECT_EQ(target.value().host, expected.host);
    EXPECT_EQ(target.value().port, expected.port);
    EXPECT_EQ(target.value().unix_path, expected.path);
    EXPECT_EQ(target.value().authority(), expected.authority);
  }
  for (const auto* text : {"", "host", "host:", ":1", "host:0", "host:65536", "host:1x", "::1:80",
                           "unix://", "unix:run", "http://host:80", "[]:80", "user@host:80"})
    EXPECT_FALSE(parse_rpc_target(text).ok()) << text;
  for (const auto* text : {"http://user:TOPSECRET@host:80", "user:TOPSECRET@host:80"}) {
    const auto target = parse_rpc_target(text);
    ASSERT_FALSE(target.ok()) << text;
    EXPECT_EQ(target.error().describe(), "'***@host:80' is neither HOST:PORT nor unix:///PATH");
  }
}

TEST(GrpcMessageTest, bytes_held_are_counted_however_they_are_cut) {
  GrpcMessageReader reader(100);
  const std::string wire("\0\0\0\0\3abc\0\0\0\0\0\0\0\0\0\1x", 19);
  for (std::size_t i = 0; i < wire.size(); ++i) {
    ASSERT_FALSE(reader.push(wire.substr(i, 1)).has_value());
    EXPECT_EQ(reader.buffered(), i + 1);
    EXPECT_EQ(reader.inside_message(), i != 7 && i != 12 && i != 18) << i;
  }
  EXPECT_EQ(reader.pop(), "abc");
  EXPECT_EQ(reader.buffered(), 11u);
  EXPECT_EQ(reader.pop(), "");
  EXPECT_FALSE(reader.empty());
  reader.clear();
  EXPECT_TRUE(reader.empty());
  EXPECT_EQ(reader.buffered(), 0u);
}

struct Bell final : Alarm {
  explicit Bell(std::vector<int>& into, int own) : rung(into), number(own) {}
  void ring() override { rung.push_back(number); }
  std::vector<int>& rung;
  int number;
};

TEST(AlarmsTest, ring_in_the_order_of_their_times_and_not_before) {
  boost::asio::io_context context(1);
  testing::ManualClock clock;
  Alarms alarms(context.get_executor(), clock);
  const auto start = clock.monotonic_now();
  std::vector<int> rung;
  Bell third(rung, 3), second(rung, 2), moved(rung, 4), cleared(rung, 0);
  boost::asio::co_spawn(context, alarms.run(), boost::asio::detached);
  alarms.set(third, start + 30s);
  testing::run_ready(context);
  {
    Bell gone(rung, 0);
    alarms.set(gone, start + 5s);
    alarms.set(second, start + 20s);
    alarms.set(moved, start + 10s);
    alarms.set(cleared, start + 15s);
    testing::run_ready(context);
  }
  alarms.set(moved, start + 40s);
  cleared.clear();
  EXPECT_FALSE(cleared.is_set());
  testing::run_for(context, clock, 20s - 1ns);
  EXPECT_EQ(rung, std::vector<int>());
  testing::run_for(context, clock, 1ns);
  EXPECT_EQ(rung, std::vector<int>({2}));
  testing::run_for(context, clock, 60s);
  EXPECT_EQ(rung, std::vector<int>({2, 3, 4}));
  alarms.set(third, start + 100s);
  alarms.stop();
  testing::run_for(context, clock, 100s);
  EXPECT_EQ(rung.size(), 3u);
  EXPECT_EQ(clock.sleepers(), 0u);
}

}  // namespace
}  // namespace objectstore
