// The life of a connection: keep-alive, pipelining, Expect, time-outs, shutdown.
#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include <string>
#include <vector>

#include "http/test_support.h"
#include "testing/some_bytes.h"

namespace objectstore {
namespace {

using namespace std::chrono_literals;
using http_test::Client;
using http_test::TestServer;

const std::string path = "/v1/objects/u/_/k";

std::string get(const std::string& headers = "") {
  return "GET " + path + " HTTP/1.1\r\n" + headers + "\r\n";
}
std::string put(const std::string& body, const std::string& headers = "") {
  return "PUT " + path + " HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "\r\n" + body;
}

// The server's side of its connections, found by their port.
struct AcceptedSockets {
  int count = 0;
  int without_no_delay = 0;
};
AcceptedSockets accepted_sockets(TestServer& server) {
  AcceptedSockets found;
  for (int fd = 3; fd < 256; ++fd) {
    sockaddr_in local{};
    sockaddr_in peer{};
    socklen_t size = sizeof local;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) != 0) continue;
    size = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    if (ntohs(local.sin_port) != server.server.port()) continue;
    int no_delay = 0;
    size = sizeof no_delay;
    EXPECT_EQ(::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size), 0);
    ++found.count;
    if (no_delay == 0) ++found.without_no_delay;
  }
  return found;
}

TEST(Connection, serves_pipelined_requests_in_order) {
  const std::string chunked_put = "PUT " + path +
                                  " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                                  "5\r\nfirst\r\n0\r\n\r\n";
  const auto all = put("first") + get() + chunked_put + get() + put("second") + get();
  for (const std::size_t piece : {std::size_t{1}, std::size_t{37}, all.size()}) {
    TestServer server;
    Client client(server);
    for (std::size_t at = 0; at < all.size(); at += piece) {
      client.send(std::string_view(all).substr(at, piece));
      server.settle();
    }
    for (const std::string expected : {"first", "first", "second"}) {
      EXPECT_EQ(client.read_answer().status, 200);
      EXPECT_EQ(client.read_answer().body, expected);
    }
  }
}

TEST(Connection, bytes_behind_a_chunked_body_in_the_body_buffer_are_the_next_request) {
  TestServer server;
  Client client(server);
  client.send("PUT " + path + " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  server.settle();  // the head alone is read: the body goes into the body buffer
  std::string rest = "5\r\nhello\r\n0\r\n\r\n";
  for (int i = 0; i < 500; ++i)
    rest += get();
  client.send(rest);
  EXPECT_EQ(client.read_answer().status, 200);
  for (int i = 0; i < 500; ++i)
    ASSERT_EQ(client.read_answer().body, "hello");
}

TEST(Connection, is_kept_or_closed_as_the_request_asks) {
  TestServer server;
  Client keeps(server);
  EXPECT_EQ(keeps.request(get()).header("connection"), "(absent)");
  EXPECT_FALSE(keeps.closed());
  Client closes(server);
  EXPECT_EQ(closes.request(get("Connection: close\r\n")).header("connection"), "close");
  EXPECT_TRUE(closes.wait_closed());
  EXPECT_FALSE(closes.was_reset());
}

TEST(Connection, http_1_0_gets_a_body_that_ends_with_the_connection) {
  TestServer server;
  Client writer(server);
  writer.request(put("hello"));
  for (const bool streamed : {false, true}) {
    if (streamed) server.store.stream_piece = 2;
    Client client(server);
    const auto answer =
        client.request("GET " + path + " HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "hello");
    EXPECT_FALSE(answer.has("transfer-encoding"));
    EXPECT_TRUE(answer.complete);
  }
}

TEST(Connection, empty_lines_before_a_request_are_skipped) {
  TestServer server;
  Client client(server);
  client.send("\r\n");
  server.settle();
  EXPECT_EQ(client.request("\r\n" + get()).status, 404);
}

TEST(Connection, line_feed_behind_an_empty_line_in_pieces_is_refused_at_once) {
  TestServer server;
  Client client(server);
  client.send("\r");
  server.settle();
  EXPECT_EQ(client.request("\n\n").status, 400);
}

TEST(Connection, host_is_not_needed_and_absolute_targets_are_understood) {
  TestServer server;
  Client client(server);
  client.request(put("x"));
  EXPECT_EQ(client.request("GET http://example:1/v1/objects/u/_/k HTTP/1.1\r\n\r\n").body, "x");
}

TEST(Connection, expect_is_answered_when_the_body_is_wanted_and_only_then) {
  TestServer server;
  Client client(server);
  const std::string expect = "Expect: 100-continue\r\n";
  client.send("PUT " + path + " HTTP/1.1\r\nContent-Length: 5\r\n" + expect + "\r\n");
  ASSERT_TRUE(client.wait_for("HTTP/1.1 100 Continue\r\n\r\n"));
  client.forget_received();
  EXPECT_EQ(client.request("hello").status, 200);

  client.send("PUT " + path + " HTTP/1.1\r\nContent-Length: 0\r\n" + expect + "\r\n");
  EXPECT_EQ(client.read_answer().status, 200) << "no body, no 100";

  const auto refused = client.request("PUT " + path + " HTTP/1.1\r\nContent-Length: 5\r\n" +
                                      expect + "x-sn-expiration: bad\r\n\r\n");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.header("connection"), "close") << "the body may or may not follow";
  client.half_close();
  EXPECT_TRUE(client.wait_closed());
}

// Such a client has sent its body without waiting; a batch may have begun its answer by now.
TEST(Connection, expect_is_not_answered_once_the_body_has_begun_to_come) {
  TestServer server;
  const std::string expect = "Expect: 100-continue\r\n";
  {
    Client client(server);
    client.send("PUT " + path + " HTTP/1.1\r\nContent-Length: 5\r\n" + expect + "\r\nhel");
    server.settle();
    EXPECT_EQ(client.request("lo").status, 200);
  }
  const std::string part =
      "--XX\r\nx-sn-batch-operation-kind: delete\r\nx-sn-batch-operation-key: k\r\n\r\n\r\n";
  const std::string end = "--XX--";
  Client client(server);
  client.send(
      "POST /v1/objects:batch/u/_/ HTTP/1.1\r\n"
      "content-type: multipart/form-data; boundary=XX\r\n" +
      expect + "Content-Length: " + std::to_string(2 * part.size() + end.size()) + "\r\n\r\n" +
      part + part.substr(0, 10));
  ASSERT_TRUE(client.wait_for("batch-operation-status: 204"));
  client.send(part.substr(10) + end);
  ASSERT_TRUE(client.wait_for("\r\n0\r\n\r\n"));
  EXPECT_EQ(client.received().find("100 Continue"), std::string::npos) << client.received();
}

TEST(Connection, refused_head_is_answered_without_the_request_id_of_the_one_before) {
  TestServer server;
  Client client(server);
  EXPECT_EQ(
      client.request("GET /health HTTP/1.1\r\nx-request-id: first\r\n\r\n").header("x-request-id"),
      "first");
  const auto refused = client.request("BAD\r\n\r\n");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.header("x-request-id"), "(absent)");
}

// No overflow: the client would be cut off at once.
TEST(Connection, time_outs_may_be_as_long_as_they_are_told) {
  ServerSettings settings;
  settings.head_timeout = settings.body_stall_timeout = settings.keep_alive_timeout =
      Duration::max();
  TestServer server(settings);
  Client client(server);
  client.send("PUT " + path + " HTTP/1.1\r\nContent-Le");
  server.advance(1h);
  client.send("ngth: 5\r\n\r\nhe");
  server.advance(1h);
  EXPECT_EQ(client.request("llo").status, 200);
  server.advance(1h);
  EXPECT_EQ(client.request(get()).body, "hello");
}

TEST(Connection, small_unread_body_is_dropped_and_the_connection_kept) {
  TestServer server;
  Client client(server);
  const std::string body(65536, 'x');
  const auto refused = client.request(put(body, "x-sn-expiration: bad\r\n"));
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.header("connection"), "(absent)");
  EXPECT_EQ(client.request(get()).status, 404);
}

TEST(Connection, client_that_sends_a_large_unwanted_body_can_read_its_answer) {
  TestServer server;
  Client client(server);
  const std::string body(8'000'000, 'x');
  EXPECT_TRUE(client.send(put(body, "x-sn-expiration: bad\r\n")));
  const auto refused = client.read_answer();
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.header("connection"), "close");
  client.half_close();
  EXPECT_TRUE(client.wait_closed());
  EXPECT_FALSE(client.was_reset());
}

// The server closes at its time-out, not before it and not much later.
void expect_closed_after(TestServer& server, Client& client, Duration timeout) {
  server.settle();
  Duration waited{};
  while (!client.closed() && waited < timeout + 10s) {
    server.advance(1s);
    waited += 1s;
  }
  EXPECT_GE(waited, timeout);
  EXPECT_LE(waited, timeout + 2s);
}

TEST(TimeOuts, connection_without_a_request) {
  TestServer server;
  Client client(server);
  expect_closed_after(server, client, 10s);
}

TEST(TimeOuts, head_that_trickles) {
  TestServer server;
  Client client(server);
  client.request(get());
  client.send("G");
  Duration waited{};
  for (; !client.closed() && waited < 60s; waited += 1s) {
    server.advance(1s);
    client.send("E");
  }
  EXPECT_GE(waited, 10s);
  EXPECT_LE(waited, 12s);
  EXPECT_EQ(client.received(), "");
}

TEST(TimeOuts, idle_connection) {
  TestServer server;
  Client client(server);
  EXPECT_EQ(client.request(get()).status, 404);
  expect_closed_after(server, client, 75s);
}

TEST(TimeOuts, stalled_body_is_a_client_stream_error) {
  TestServer server;
  Client client(server);
  client.send("PUT " + path + " HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe");
  server.advance(29s);
  client.send("l");  // progress starts the time anew
  server.advance(29s);
  EXPECT_EQ(client.received(), "");
  server.advance(3s);
  const auto answer = client.read_answer();
  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(answer.body.find("timed out"), std::string::npos);
  EXPECT_TRUE(server.store.objects.empty());
}

TEST(TimeOuts, client_that_does_not_read_its_response) {
  TestServer server;
  Client client(server);
  client.request(put(testing::some_bytes(30'000'000)));
  server.store.stream_piece = 1 << 20;
  client.send(get());
  server.settle();
  EXPECT_EQ(server.server.requests_in_flight(), 1U);
  server.advance(29s);
  EXPECT_EQ(server.server.requests_in_flight(), 1U);
  server.advance(3s);
  EXPECT_EQ(server.server.requests_in_flight(), 0U);
}

TEST(TimeOuts, slow_store_is_not_the_clients_fault) {
  TestServer server;
  Event gate;
  server.store.gate = &gate;
  Client client(server);
  client.send(put("hello"));
  for (int i = 0; i < 200; ++i)
    server.advance(1s);
  gate.set();
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST(TimeOuts, client_that_never_stops_sending_after_its_answer) {
  TestServer server;
  Client client(server);
  EXPECT_EQ(client.request("nonsense\r\n\r\n").status, 400);
  Duration waited{};
  for (; accepted_sockets(server).count > 0 && waited < 60s; waited += 1s) {
    client.send("x");
    server.advance(1s);
  }
  EXPECT_GE(waited, 5s);
  EXPECT_LE(waited, 9s);
}

TEST(Date, follows_the_clock) {
  TestServer server;
  Client client(server);
  EXPECT_EQ(client.request(get()).header("date"), "Mon, 20 Apr 2026 13:37:00 GMT");
  server.advance(5s);
  EXPECT_EQ(client.request(get()).header("date"), "Mon, 20 Apr 2026 13:37:05 GMT");
}

TEST(Stop, idle_connections_end_and_requests_in_flight_are_answered) {
  TestServer server;
  Event gate;
  Client idle(server);
  idle.request(get());
  Client fresh(server);
  Client busy(server);
  server.settle();
  server.store.gate = &gate;
  busy.send(put("hello"));
  server.settle();
  server.begin_stop();
  EXPECT_TRUE(idle.wait_closed());
  EXPECT_TRUE(fresh.wait_closed());
  server.settle();
  EXPECT_FALSE(server.stopped());
  gate.set();
  const auto answer = busy.read_answer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_TRUE(server.pump_until([&] { return server.stopped(); }));
}

TEST(Stop, request_that_arrived_before_it_is_answered) {
  TestServer server;
  Client known(server);
  known.request(get());
  server.settle();
  Client waiting(server);  // in the kernel's queue only
  known.send(get());
  server.begin_stop();
  EXPECT_EQ(known.read_answer().status, 404);
  EXPECT_TRUE(waiting.wait_closed());
  EXPECT_FALSE(waiting.was_reset());
}

TEST(Stop, drain_limit_cuts_clients_that_hold_it_up) {
  ServerSettings settings;
  settings.drain_limit = 20s;
  settings.body_stall_timeout = 1h;
  TestServer server(settings);
  Client client(server);
  client.send("PUT " + path + " HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe");
  server.settle();
  server.begin_stop();
  server.advance(19s);
  EXPECT_FALSE(server.stopped());
  server.advance(3s);
  EXPECT_TRUE(server.stopped());
  EXPECT_TRUE(server.store.objects.empty());
}

TEST(Listen, several_loops_share_one_port) {
  TestServer server({}, {}, 3);
  for (int i = 0; i < 30; ++i) {
    Client client(server);
    ASSERT_EQ(client.request(get()).status, 404);
  }
}

TEST(Listen, address_in_use_fails_with_the_contracts_text) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(fd, 1), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);

  TestServer other;
  ServerSettings settings;
  settings.port = ntohs(address.sin_port);
  Server server(settings, other.parts());
  boost::asio::io_context loop(1);
  std::vector<boost::asio::io_context*> loops = {&loop};
  const auto listening = server.listen(loops);
  ASSERT_FALSE(listening.ok());
  EXPECT_EQ(listening.error().message(), "failed to start TCP listener");
  ::close(fd);
}

TEST(Latency, small_get_does_not_wait_for_delayed_acks) {
  TestServer server;
  Client client(server);
  client.request(put(std::string(100, 'x')));
  EXPECT_EQ(accepted_sockets(server).count, 1);
  EXPECT_EQ(accepted_sockets(server).without_no_delay, 0);
  server.store.stream_piece = 40;  // several writes a response
  const RealClock clock;
  const auto begin = clock.monotonic_now();
  for (int i = 0; i < 50; ++i)
    ASSERT_EQ(client.request(get()).body.size(), 100U);
  EXPECT_LT(clock.monotonic_now() - begin, 1500ms);  // stalls of 40 ms would make it two seconds
}

}  // namespace
}  // namespace objectstore
