// A TLS listener, seen by its clients.
#include <gtest/gtest.h>

#include <string>

#include "http/tls_test_support.h"

namespace objectstore {
namespace {

using namespace std::chrono_literals;
using http_test::Client;
using http_test::Session;
using http_test::TestServer;
using http_test::TlsClient;
using http_test::TlsFiles;

const std::string path = "/v1/objects/u/_/k";

std::string get(const std::string& headers = "") {
  return "GET " + path + " HTTP/1.1\r\n" + headers + "\r\n";
}
std::string put(const std::string& body, const std::string& headers = "") {
  return "PUT " + path + " HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "\r\n" + body;
}
std::string varied(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<char>('a' + (i * i / 7 + i) % 26);
  return bytes;
}

class Tls : public ::testing::Test {
 protected:
  static ServerSettings settings_with(std::shared_ptr<const ServerTls> tls) {
    ServerSettings settings;
    settings.ready_marker = "";
    settings.tls = std::move(tls);
    return settings;
  }

  TlsFiles files;
  std::shared_ptr<ServerTls> tls = files.load();
  TestServer server{settings_with(tls)};
};

TEST_F(Tls, serves_requests_with_either_version) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(server, {.version = version});
    ASSERT_TRUE(client.handshake()) << client.reason;
    EXPECT_EQ(SSL_version(client.ssl()), version);
    EXPECT_EQ(client.protocol(), "http/1.1");
    EXPECT_EQ(client.certificate(), files.pair.certificate_pem);
    EXPECT_EQ(client.request(put("hello")).status, 200);
    EXPECT_EQ(client.request(get()).body, "hello");
    EXPECT_EQ(client.request("HEAD " + path + " HTTP/1.1\r\n\r\n", true).status, 204);
    EXPECT_EQ(client.request("DELETE " + path + " HTTP/1.1\r\n\r\n").status, 204);
    EXPECT_EQ(client.request(get()).status, 404);
    EXPECT_FALSE(client.closed());
  }
}

TEST_F(Tls, large_bodies_pass_both_ways) {
  const auto body = varied(9'000'001);
  for (const std::size_t piece : {std::size_t{1000}, std::size_t{16384}, std::size_t{1} << 20}) {
    server.store.stream_piece = piece;
    TlsClient client(server);
    ASSERT_TRUE(client.handshake());
    ASSERT_EQ(client.request(put(body)).status, 200);
    EXPECT_EQ(server.store.objects.begin()->second.bytes, body);
    const auto answer = client.request(get());
    EXPECT_TRUE(answer.complete);
    EXPECT_EQ(answer.body, body);
  }
  server.store.stream_piece.reset();  // one piece larger than all buffers
  TlsClient client(server);
  ASSERT_TRUE(client.handshake());
  EXPECT_EQ(client.request(get()).body, body);
}

TEST_F(Tls, requests_may_share_records_or_be_cut_by_them) {
  const auto all = put("first") + get() + put("second") + get();
  for (const std::size_t piece : {std::size_t{1}, std::size_t{37}, all.size()}) {
    TlsClient client(server);
    ASSERT_TRUE(client.handshake());
    for (std::size_t at = 0; at < all.size(); at += piece)
      client.send(std::string_view(all).substr(at, piece));
    for (const std::string expected : {"first", "second"}) {
      EXPECT_EQ(client.read_answer().status, 200);
      EXPECT_EQ(client.read_answer().body, expected);
    }
  }
}

TEST_F(Tls, many_small_requests_on_one_connection) {
  TlsClient client(server);
  ASSERT_TRUE(client.handshake());
  client.request(put("hello"));
  std::string requests;
  for (int i = 0; i < 500; ++i)
    requests += get();
  client.send(requests);
  for (int i = 0; i < 500; ++i)
    ASSERT_EQ(client.read_answer().body, "hello");
}

TEST_F(Tls, head_and_small_body_share_a_record) {
  TlsClient client(server);
  ASSERT_TRUE(client.handshake());
  client.request(put(varied(10'240)));
  const int before = client.data_records;
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(client.request(get()).body.size(), 10'240U);
  EXPECT_EQ(client.data_records - before, 10);
}

TEST_F(Tls, versions_before_1_2_are_refused) {
  TlsClient client(server, {.version = TLS1_1_VERSION});
  EXPECT_FALSE(client.handshake());
  EXPECT_NE(client.reason.find("protocol version"), std::string::npos) << client.reason;
  client.disconnect();
  server.settle();
  EXPECT_EQ(server.logger.count("TLS handshake failed"), 1U);
}

TEST_F(Tls, clients_of_another_protocol_are_refused) {
  TlsClient client(server, {.protocol = "h2"});
  EXPECT_FALSE(client.handshake());
  EXPECT_NE(client.reason.find("no application protocol"), std::string::npos) << client.reason;
}

TEST_F(Tls, renegotiation_is_refused) {
  TlsClient client(server, {.version = TLS1_2_VERSION});
  ASSERT_TRUE(client.handshake());
  SSL_renegotiate(client.ssl());
  EXPECT_FALSE(client.handshake());
  EXPECT_NE(client.reason, "");
}

TEST_F(Tls, plain_http_is_closed_without_an_answer_or_a_reset) {
  Client client(server);
  client.send(get() + varied(10'000));
  client.half_close();
  EXPECT_TRUE(client.wait_closed());
  EXPECT_FALSE(client.was_reset());
  EXPECT_EQ(client.received().find("HTTP"), std::string::npos);
  EXPECT_EQ(server.logger.count("why=http request"), 1U);
}

// The server closes at its time-out, not before it and not much later.
template <class EachSecond>
void expect_closed_after(TestServer& server, Client& client, Duration timeout, EachSecond act) {
  server.settle();
  Duration waited{};
  for (; !client.closed() && waited < timeout + 10s; waited += 1s) {
    server.advance(1s);
    act();
  }
  EXPECT_GE(waited, timeout);
  EXPECT_LE(waited, timeout + 2s);
}

TEST_F(Tls, handshake_that_does_not_begin_times_out) {
  Client client(server);
  expect_closed_after(server, client, 10s, [] {});
}

TEST_F(Tls, handshake_that_trickles_times_out) {
  TlsClient client(server);
  const auto hello = client.client_hello();
  std::size_t at = 0;
  expect_closed_after(server, client, 10s,
                      [&] { client.send_wire(std::string_view(hello).substr(at++, 1)); });
}

TEST_F(Tls, handshake_that_stops_half_way_times_out) {
  TlsClient client(server);
  client.send_wire(client.client_hello());
  expect_closed_after(server, client, 10s, [] {});
}

TEST_F(Tls, head_must_come_in_time_after_the_handshake) {
  TlsClient client(server);
  ASSERT_TRUE(client.handshake());
  const auto wire = client.encrypt(get());
  client.send_wire(std::string_view(wire).substr(0, wire.size() - 1));  // stops within a record
  expect_closed_after(server, client, 10s, [] {});
  EXPECT_EQ(client.received(), "");
}

TEST_F(Tls, body_that_stops_within_a_record_stalls) {
  TlsClient client(server);
  ASSERT_TRUE(client.handshake());
  client.send("PUT " + path + " HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe");
  const auto wire = client.encrypt("llo");
  // More bytes of a record that never ends are no progress.
  for (std::size_t i = 0; i < 4; ++i) {
    client.send_wire(std::string_view(wire).substr(i, 1));
    server.advance(8s);
  }
  const auto answer = client.read_answer();
  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(answer.body.find("timed out"), std::string::npos);
  EXPECT_TRUE(server.store.objects.empty());
}

TEST_F(Tls, body_cut_off_is_an_error_with_and_without_a_notice) {
  for (const bool notice : {false, true}) {
    TlsClient client(server);
    ASSERT_TRUE(client.handshake());
    client.send("PUT " + path + " HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe");
    server.settle();
    if (notice) client.close_notify();
    client.half_close();
    EXPECT_EQ(client.read_answer().status, notice ? 400 : 0);
    EXPECT_TRUE(client.wait_closed());
    EXPECT_TRUE(server.store.objects.empty());
  }
}

TEST_F(Tls, damaged_record_is_an_error) {
  TlsClient client(server);
  ASSERT_TRUE(client.handshake());
  client.send("PUT " + path + " HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe");
  auto wire = client.encrypt("llo");
  wire.back() ^= 1;
  client.send_wire(wire);
  EXPECT_TRUE(client.wait_closed());
  EXPECT_TRUE(server.store.objects.empty());
}

TEST_F(Tls, client_that_ends_its_side_gets_its_answer) {
  TlsClient client(server);
  ASSERT_TRUE(client.handshake());
  client.send(put("hello"));
  client.close_notify();
  client.half_close();
  EXPECT_EQ(client.read_answer().status, 200);
  EXPECT_TRUE(client.wait_closed());
}

TEST_F(Tls, end_of_the_connection_is_told) {
  struct Case {
    const char* name;
    std::string request;
    int status;
  };
  const std::vector<Case> cases = {
      {"asked to close", get("Connection: close\r\n"), 200},
      {"http/1.0", "GET " + path + " HTTP/1.0\r\n\r\n", 200},
      {"no request", "nonsense\r\n\r\n", 400},
      {"body unread",
       "PUT " + path + " HTTP/1.1\r\nContent-Length: 900000\r\nx-sn-expiration: x" + "\r\n\r\nabc",
       400},
  };
  TlsClient writer(server);
  ASSERT_TRUE(writer.handshake());
  writer.request(put(varied(3'000'000)));
  server.store.stream_piece = 100'000;
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    TlsClient client(server);
    ASSERT_TRUE(client.handshake());
    const auto answer = client.request(c.request);
    EXPECT_EQ(answer.status, c.status);
    EXPECT_TRUE(answer.complete);
    if (c.status == 200) {
      EXPECT_EQ(answer.body.size(), 3'000'000U);
    }
    EXPECT_TRUE(client.wait_closed());
    EXPECT_TRUE(client.notified());
    EXPECT_FALSE(client.was_reset());
  }
}

TEST_F(Tls, response_that_fails_midway_is_cut_off_without_a_notice) {
  TlsClient client(server);
  ASSERT_TRUE(client.handshake());
  client.request(put(varied(3'000'000)));
  server.store.stream_piece = 100'000;
  server.store.stream_fails_at = 1'000'000;
  const auto answer = client.request("GET " + path + " HTTP/1.0\r\n\r\n");
  EXPECT_FALSE(answer.complete);
  EXPECT_FALSE(client.notified());
  EXPECT_TRUE(client.was_reset());
}

TEST_F(Tls, idle_connection_is_told_when_it_ends) {
  TlsClient client(server);
  ASSERT_TRUE(client.handshake());
  client.request(get());
  expect_closed_after(server, client, 75s, [] {});
  EXPECT_TRUE(client.notified());
}

TEST_F(Tls, stop_releases_idle_clients_and_answers_the_others) {
  Event gate;
  TlsClient idle(server);
  ASSERT_TRUE(idle.handshake());
  idle.request(get());
  TlsClient busy(server);
  ASSERT_TRUE(busy.handshake());
  Client silent(server);
  server.store.gate = &gate;
  busy.send(put("hello"));
  server.settle();
  server.begin_stop();
  EXPECT_TRUE(idle.wait_closed());
  EXPECT_TRUE(idle.notified());
  EXPECT_TRUE(silent.wait_closed());
  gate.set();
  EXPECT_EQ(busy.read_answer().status, 200);
  EXPECT_TRUE(busy.wait_closed());
  EXPECT_TRUE(busy.notified());
}

TEST_F(Tls, reload_is_for_new_connections) {
  const auto old_certificate = files.pair.certificate_pem;
  TlsClient old_client(server);
  ASSERT_TRUE(old_client.handshake());
  server.store.stream_piece = 100'000;
  old_client.request(put(varied(1'000'000)));
  files.renew();
  ASSERT_TRUE(tls->reload().ok());

  TlsClient new_client(server);
  ASSERT_TRUE(new_client.handshake());
  EXPECT_EQ(new_client.certificate(), files.pair.certificate_pem);
  EXPECT_NE(new_client.certificate(), old_certificate);
  EXPECT_EQ(old_client.request(get()).body.size(), 1'000'000U);
  EXPECT_EQ(new_client.request(get()).body.size(), 1'000'000U);
}

TEST_F(Tls, handshake_under_way_ends_with_the_certificate_it_began_with) {
  const auto old_certificate = files.pair.certificate_pem;
  TlsClient client(server);
  client.send_wire(client.client_hello());
  server.settle();
  files.renew();
  ASSERT_TRUE(tls->reload().ok());
  ASSERT_TRUE(client.handshake());
  EXPECT_EQ(client.certificate(), old_certificate);
  EXPECT_EQ(client.request(get()).status, 404);
}

TEST_F(Tls, refused_reload_disturbs_nobody) {
  TlsClient old_client(server);
  ASSERT_TRUE(old_client.handshake());
  files.write_key("no key");
  EXPECT_FALSE(tls->reload().ok());
  EXPECT_EQ(old_client.request(get()).status, 404);
  TlsClient new_client(server);
  ASSERT_TRUE(new_client.handshake());
  EXPECT_EQ(new_client.certificate(), files.pair.certificate_pem);
}

TEST_F(Tls, sessions_are_resumed_until_a_reload) {
  TlsClient first(server, {.version = TLS1_2_VERSION});
  ASSERT_TRUE(first.handshake());
  const Session session(SSL_get1_session(first.ssl()));
  const auto resumed = [&] {
    TlsClient again(server, {.version = TLS1_2_VERSION, .session = session.get()});
    EXPECT_TRUE(again.handshake());
    EXPECT_EQ(again.request(get()).status, 404);
    return SSL_session_reused(again.ssl()) == 1;
  };
  EXPECT_TRUE(resumed());
  files.renew();
  ASSERT_TRUE(tls->reload().ok());
  EXPECT_FALSE(resumed());
}

TEST_F(Tls, whole_chain_is_sent) {
  const auto issuer = testing::make_test_certificate("DNS:issuer");
  files.write_certificate(files.pair.certificate_pem + issuer.certificate_pem);
  ASSERT_TRUE(tls->reload().ok());
  TlsClient client(server);
  ASSERT_TRUE(client.handshake());
  EXPECT_EQ(client.certificate(), files.pair.certificate_pem);
  EXPECT_EQ(client.chain_size(), 2);
}

TEST_F(Tls, client_that_does_not_read_holds_a_bounded_part_of_its_response) {
  TlsClient client(server);
  ASSERT_TRUE(client.handshake());
  constexpr std::size_t size = 30'000'000;
  constexpr std::size_t piece = 100'000;
  client.request(put(std::string(size, 'x')));
  server.store.stream_piece = piece;
  client.send(get());
  server.settle();
  const auto held = server.store.streamed;
  EXPECT_LT(held, size / 2) << "the kernel's buffers are far smaller";
  server.advance(29s);
  EXPECT_LE(server.store.streamed, held + piece);
  EXPECT_EQ(server.server.requests_in_flight(), 1U);
  server.advance(3s);
  EXPECT_EQ(server.server.requests_in_flight(), 0U);
}

// A write to a broken socket raises SIGPIPE unless it is told not to: that would end the process.
TEST_F(Tls, answering_a_client_that_is_gone_harms_nobody) {
  Event gate;
  for (const bool reset : {false, true}) {
    TlsClient client(server);
    ASSERT_TRUE(client.handshake());
    client.request(put(varied(3'000'000)));
    server.store.stream_piece = 100'000;
    server.store.gate = &gate;
    client.send(get());
    server.settle();
    if (reset) client.reset_on_disconnect();
    client.disconnect();
    server.settle();
    gate.set();
    EXPECT_TRUE(server.pump_until([&] { return server.server.requests_in_flight() == 0; }));
    server.store.gate = nullptr;
  }
  TlsClient next(server);
  ASSERT_TRUE(next.handshake());
  EXPECT_EQ(next.request(get()).status, 200);
}

}  // namespace
}  // namespace objectstore
