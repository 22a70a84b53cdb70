// What goes wrong on the way, and what the caller may conclude from it.
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <fstream>

#include "net/http_client_test_support.h"
#include "testing/scratch_directory.h"
#include "testing/test_keys.h"

namespace objectstore::net_test {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

using CurlFailuresTest = HttpTest;

TEST_F(CurlFailuresTest, never_sent_is_told_from_unknown) {
  struct Case {
    Ending ending;
    std::optional<std::size_t> announced;
    std::string interim;
  };
  const Case cases[] = {
      {Ending::no_answer, std::nullopt, ""},
      {Ending::cuts_body, 100, ""},
      {Ending::complete, std::nullopt, "nonsense\r\n\r\n"},
  };
  for (const auto& [ending, announced, interim] : cases) {
    answer.ending = ending;
    answer.announced_length = announced;
    answer.interim = interim;
    const auto failure = failure_of(request_to(server.url(), "POST"));
    EXPECT_FALSE(failure.never_sent) << failure.error.describe();
    EXPECT_EQ(failure.error.code(), ErrorCode::unavailable) << failure.error.describe();
    EXPECT_NE(failure.error.message().find("POST http://127.0.0.1"), std::string::npos);
  }
  const auto port = [this] {
    asio::ip::tcp::acceptor closed_soon(io, {asio::ip::address_v4::loopback(), 0});
    return closed_soon.local_endpoint().port();
  }();
  const auto refused =
      failure_of(request_to("http://127.0.0.1:" + std::to_string(port) + "/", "POST"));
  EXPECT_TRUE(refused.never_sent);
  EXPECT_EQ(refused.error.code(), ErrorCode::unavailable);
  const auto plain =
      failure_of(request_to("https://127.0.0.1:" + std::to_string(server.port()) + "/", "POST"));
  EXPECT_TRUE(plain.never_sent);
}

TEST_F(CurlFailuresTest, a_chunked_body_that_is_cut_is_no_complete_one) {
  answer.chunked = true;
  answer.body = "some";
  answer.ending = Ending::cuts_body;
  const auto failure = failure_of(request_to(server.url()));
  EXPECT_FALSE(failure.never_sent);
}

// Curl would send it again by itself.
TEST_F(CurlFailuresTest, only_repeatable_requests_are_sent_again_on_a_dead_connection) {
  struct Case {
    std::string method;
    std::string body;
    bool repeatable;
    std::size_t sent;
  };
  const Case cases[] = {{"POST", "", false, 1}, {"POST", "b", false, 1}, {"DELETE", "", false, 1},
                        {"GET", "", false, 2},  {"POST", "", true, 2},   {"PUT", "b", true, 2}};
  for (const auto& [method, body, repeatable, sent] : cases) {
    answer.ending = Ending::complete;
    EXPECT_EQ(reply_to(request_to(server.url())).status, 200);
    const auto before = server.requests().size();
    answer.ending = Ending::no_answer;
    auto request = request_to(server.url(), method);
    request.body = SharedBytes(body);
    request.repeatable = repeatable;
    EXPECT_FALSE(failure_of(std::move(request)).never_sent);
    EXPECT_EQ(server.requests().size() - before, sent) << method << body;
    EXPECT_EQ(server.requests().back().body, body);
  }
}

TEST_F(CurlFailuresTest, a_deadline_ends_the_request_wherever_it_is) {
  answer.body = "begin";
  answer.announced_length = 100;
  for (const auto ending : {Ending::silence, Ending::complete}) {
    answer.ending = ending;  // `complete`: the body's rest never comes
    auto request = request_to(server.url());
    request.deadline = clock.monotonic_now() + 5s;
    testing::Pumped waiting(io, fetch(*client, std::move(request), 1000));
    testing::settle(io);
    clock.advance(4999ms);
    testing::settle(io);
    EXPECT_FALSE(waiting.ended());
    clock.advance(1ms);
    const auto result = waiting.get();
    const auto& failure = std::get<HttpFailure>(result);
    EXPECT_EQ(failure.error.code(), ErrorCode::deadline_exceeded);
    EXPECT_FALSE(failure.never_sent);
    EXPECT_TRUE(testing::pump_until(io, [this] { return server.open_connections() == 0; }));
  }
}

TEST_F(CurlFailuresTest, a_deadline_of_the_head_leaves_the_body_its_time) {
  answer.body = "begin";
  answer.announced_length = 100;  // the rest never comes
  for (const auto ending : {Ending::silence, Ending::complete}) {
    answer.ending = ending;
    auto request = request_to(server.url());
    request.head_deadline = clock.monotonic_now() + 5s;
    request.deadline = clock.monotonic_now() + 20s;
    testing::Pumped waiting(io, fetch(*client, std::move(request), 1000));
    testing::settle(io);
    clock.advance(5s);
    testing::settle(io);
    EXPECT_EQ(waiting.ended(), ending == Ending::silence);
    clock.advance(15s);
    const auto result = waiting.get();
    EXPECT_EQ(std::get<HttpFailure>(result).error.code(), ErrorCode::deadline_exceeded);
  }
}

TEST_F(CurlFailuresTest, a_deadline_while_waiting_for_a_connection_is_never_sent) {
  HttpClientSettings settings;
  settings.connections_per_host = 1;
  client = make_client(settings);
  answer.ending = Ending::silence;
  testing::Pumped first(io, fetch(*client, request_to(server.url()), 10));
  auto request = request_to(server.url());
  request.deadline = clock.monotonic_now() + 1s;
  testing::Pumped second(io, fetch(*client, std::move(request), 10));
  testing::settle(io);
  clock.advance(1s);
  EXPECT_TRUE(std::get<HttpFailure>(second.get()).never_sent);
  EXPECT_FALSE(first.ended());
  client->close();
  EXPECT_EQ(std::get<HttpFailure>(first.get()).error.code(), ErrorCode::cancelled);
}

TEST_F(CurlFailuresTest, a_stall_counts_from_the_last_progress) {
  auto proceed = std::make_shared<Event>();
  answer.after = proceed;
  answer.body = "begin";
  answer.announced_length = 100;
  auto request = request_to(server.url());
  request.stall_timeout = 10s;
  testing::Pumped waiting(io, fetch(*client, std::move(request), 1000));
  testing::settle(io);
  clock.advance(9s);
  testing::settle(io);
  proceed->set();  // head and some bytes come
  testing::settle(io);
  clock.advance(9s);
  testing::settle(io);
  EXPECT_FALSE(waiting.ended());
  clock.advance(1s);
  EXPECT_EQ(std::get<HttpFailure>(waiting.get()).error.code(), ErrorCode::deadline_exceeded);
}

TEST_F(CurlFailuresTest, a_slow_source_is_no_stall_of_the_server) {
  Event gate;
  ListSource source({"abc"});
  source.gate = &gate;
  auto request = request_to(server.url(), "PUT");
  request.stall_timeout = 10s;
  request.body = HttpUpload{&source, 3};
  testing::Pumped waiting(io, fetch(*client, std::move(request), 1000));
  for (int i = 0; i < 5; ++i) {
    testing::settle(io);
    clock.advance(9s);
  }
  testing::settle(io);
  EXPECT_FALSE(waiting.ended());
  gate.set();
  EXPECT_TRUE(std::holds_alternative<HttpReply>(waiting.get()));
}

TEST_F(CurlFailuresTest, a_closed_client_takes_nothing_more) {
  client->close();
  const auto failure = failure_of(request_to(server.url()));
  EXPECT_EQ(failure.error.code(), ErrorCode::cancelled);
  EXPECT_TRUE(failure.never_sent);
  EXPECT_EQ(server.connections(), 0U);
}

class TlsTest : public HttpTest {
 protected:
  // A server with its own certificate for `name`, and a file that holds it.
  void serve_as(const std::string& name) {
    const auto certificate = testing::make_test_certificate(name);
    ca_file = scratch.path() / "ca.pem";
    std::ofstream(ca_file) << certificate.certificate_pem;
    const auto& pem = certificate.certificate_pem;
    tls.use_certificate(asio::const_buffer(pem.data(), pem.size()), asio::ssl::context::pem);
    const auto& key = certificate.private_pem;
    tls.use_private_key(asio::const_buffer(key.data(), key.size()), asio::ssl::context::pem);
    auto handler = [this](const HttpServerRequest&) { return answer; };
    secure = std::make_unique<HttpServer>(io.get_executor(), handler, &tls);
  }
  void trust_file() {
    HttpClientSettings settings;
    settings.ca_file = ca_file;
    client = make_client(settings);
  }

  testing::ScratchDirectory scratch;
  std::string ca_file;
  asio::ssl::context tls{asio::ssl::context::tls_server};
  std::unique_ptr<HttpServer> secure;
};

TEST_F(TlsTest, a_trusted_server_is_spoken_to) {
  serve_as("IP:127.0.0.1");
  trust_file();
  answer.body = std::string(300'000, 's');
  EXPECT_EQ(reply_to(request_to(secure->url())).body, answer.body);
  client->close();
}

TEST_F(TlsTest, an_unknown_authority_never_sees_the_request) {
  serve_as("IP:127.0.0.1");
  const auto failure = failure_of(request_to(secure->url(), "POST"));
  EXPECT_TRUE(failure.never_sent) << failure.error.describe();
  EXPECT_TRUE(secure->requests().empty());
}

TEST_F(TlsTest, a_certificate_for_another_host_is_refused) {
  serve_as("DNS:localhost");
  trust_file();
  const auto failure = failure_of(request_to(secure->url(), "POST"));
  EXPECT_TRUE(failure.never_sent) << failure.error.describe();
  EXPECT_TRUE(secure->requests().empty());
}

}  // namespace
}  // namespace objectstore::net_test
