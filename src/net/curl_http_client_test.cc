// Requests and responses as the server and the caller see them.
#include "net/curl_http_client.h"

#include <stdlib.h>

#include "net/http_client_test_support.h"

namespace objectstore::net_test {
namespace {

using namespace std::chrono_literals;

using CurlHttpClientTest = HttpTest;

SharedBytes bytes(std::string text) {
  return SharedBytes(std::move(text));
}

TEST_F(CurlHttpClientTest, a_response_has_status_headers_and_body) {
  answer.status = 404;
  answer.headers = {{"X-One", "a  b"}, {"X-Empty", ""}, {"x-one", "again"}};
  answer.body = "not here";
  const auto reply = reply_to(request_to(server.url("/a?b=c")));
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.body, "not here");
  EXPECT_EQ(find_header(reply.headers, "x-one"), "a  b");
  EXPECT_EQ(find_header(reply.headers, "x-empty"), "");
  EXPECT_EQ(find_header(reply.headers, "x-absent"), std::nullopt);
}

TEST_F(CurlHttpClientTest, a_request_arrives_as_it_was_given) {
  struct Case {
    std::string method;
    std::string body;
    std::string length;  // Content-Length as received
  };
  const Case cases[] = {
      {"GET", "", ""},     {"HEAD", "", ""},    {"DELETE", "", ""},   {"POST", "", "0"},
      {"PUT", "", "0"},    {"PUT", "abc", "3"}, {"POST", "abc", "3"}, {"PATCH", "{}", "2"},
      {"GET", "odd", "3"}, {"OPTIONS", "", ""},
  };
  for (const auto& [method, body, length] : cases) {
    auto request = request_to(server.url("/x/../y%2Fz/%C3%A4?q=1&r"), method);
    request.headers = {{"X-Meta", "v;w"}, {"X-Empty", ""}};
    request.body = bytes(body);
    EXPECT_EQ(reply_to(std::move(request)).status, 200);
    const auto& seen = server.requests().back();
    EXPECT_EQ(seen.method, method);
    EXPECT_EQ(seen.target, "/x/../y%2Fz/%C3%A4?q=1&r");
    EXPECT_EQ(seen.body, body);
    EXPECT_EQ(seen.header("content-length"), length) << method;
    EXPECT_EQ(seen.header("x-meta"), "v;w");
    EXPECT_EQ(seen.header("user-agent"), "sentry-objectstore/0.1.0");
    for (const auto& [name, value] : seen.headers) {
      EXPECT_NE(name, "expect");
      EXPECT_NE(name, "content-type");
      EXPECT_NE(name, "transfer-encoding");
    }
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(CurlHttpClientTest, uploads_stream_with_and_without_a_length) {
  const std::vector<std::string> pieces = {"one", std::string(100'000, 'x'), "three"};
  const auto whole = pieces[0] + pieces[1] + pieces[2];
  for (const bool known : {true, false}) {
    ListSource source(pieces);
    auto request = request_to(server.url(), "PUT");
    HttpUpload upload;
    upload.source = &source;
    if (known) upload.length = whole.size();
    request.body = upload;
    EXPECT_EQ(reply_to(std::move(request)).status, 200);
    const auto& seen = server.requests().back();
    EXPECT_EQ(seen.body, whole);
    EXPECT_EQ(seen.header("content-length"), known ? std::to_string(whole.size()) : "");
    EXPECT_EQ(seen.header("transfer-encoding"), known ? "" : "chunked");
  }
}

TEST_F(CurlHttpClientTest, an_upload_that_breaks_is_never_complete_for_the_server) {
  struct Case {
    std::optional<std::uint64_t> length;
    std::optional<Error> failure;
    ErrorCode code;
  };
  const Error torn(ErrorCode::client_stream, "torn");
  const Case cases[] = {{std::nullopt, torn, ErrorCode::client_stream},
                        {10, torn, ErrorCode::client_stream},
                        {10, std::nullopt, ErrorCode::internal},
                        {5, std::nullopt, ErrorCode::internal}};
  for (const auto& [length, failure, code] : cases) {
    ListSource source({"abc", "def"});
    source.failure = failure;
    auto request = request_to(server.url(), "PUT");
    HttpUpload upload;
    upload.source = &source;
    upload.length = length;
    request.body = upload;
    EXPECT_EQ(failure_of(std::move(request)).error.code(), code);
    EXPECT_TRUE(testing::pump_until(io, [&] { return server.open_connections() == 0; }));
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(CurlHttpClientTest, redirects_and_interim_responses_are_not_followed) {
  answer.status = 302;
  answer.interim = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
  answer.headers = {{"Location", server.url("/elsewhere")}};
  const auto reply = reply_to(request_to(server.url("/here")));
  EXPECT_EQ(reply.status, 302);
  EXPECT_EQ(find_header(reply.headers, "link"), std::nullopt);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(CurlHttpClientTest, what_cannot_be_sent_is_refused_without_its_secrets) {
  struct Case {
    std::string url, method, header, value;
  };
  const auto good = server.url();
  const Case cases[] = {
      {"ftp://127.0.0.1/secret", "GET", "a", "b"},
      {"file:///secret", "GET", "a", "b"},
      {"127.0.0.1/secret", "GET", "a", "b"},
      {"", "GET", "a", "b"},
      {"http://", "GET", "a", "b"},
      {"http://user:secret@127.0.0.1/", "GET", "a", "b"},
      {"http://127.0.0.1:99999/secret", "GET", "a", "b"},
      {"http://127.0.0.1/a\r\nsecret", "GET", "a", "b"},
      {std::string("http://127.0.0.1/\0secret", 24), "GET", "a", "b"},
      {good, "", "a", "b"},
      {good, "GET /secret", "a", "b"},
      {good, "GET", "a\r\nsecret", "b"},
      {good, "GET", "", "secret"},
      {good, "GET", "a:", "secret"},
      {good, "GET", "a", "secret\r\nb: c"},
      {good, "GET", "a", std::string("secret\0", 7)},
  };
  for (const auto& [url, method, header, value] : cases) {
    auto request = request_to(url, method);
    request.headers = {{header, value}};
    const auto failure = failure_of(std::move(request));
    EXPECT_EQ(failure.error.code(), ErrorCode::invalid_argument) << url;
    EXPECT_TRUE(failure.never_sent);
    EXPECT_EQ(failure.error.describe().find("secret"), std::string::npos)
        << failure.error.describe();
  }
  EXPECT_EQ(server.connections(), 0U);
}

TEST_F(CurlHttpClientTest, a_response_above_the_limit_is_refused) {
  for (const bool chunked : {true, false}) {
    answer.chunked = chunked;
    answer.body = std::string(1 << 20, 'x');
    EXPECT_EQ(reply_to(request_to(server.url())).body.size(), std::size_t{1} << 20);
    answer.body += 'x';
    EXPECT_EQ(failure_of(request_to(server.url())).error.code(), ErrorCode::payload_too_large);
  }
}

TEST_F(CurlHttpClientTest, a_head_without_end_is_refused) {
  answer.headers = {{"X-Long", std::string(70'000, 'x')}};
  const auto failure = failure_of(request_to(server.url()));
  EXPECT_EQ(failure.error.code(), ErrorCode::unavailable);
  EXPECT_FALSE(failure.never_sent);
}

TEST_F(CurlHttpClientTest, connections_are_kept_and_limited) {
  HttpClientSettings settings;
  settings.connections_per_host = 1;
  client = make_client(settings);
  answer.after = std::make_shared<Event>();
  testing::Pumped first(io, fetch(*client, request_to(server.url("/1")), 10));
  testing::Pumped second(io, fetch(*client, request_to(server.url("/2")), 10));
  EXPECT_TRUE(testing::pump_until(io, [this] { return !server.requests().empty(); }));
  testing::settle(io);
  EXPECT_EQ(server.requests().size(), 1U);
  answer.after->set();
  EXPECT_TRUE(std::holds_alternative<HttpReply>(first.get()));
  EXPECT_TRUE(std::holds_alternative<HttpReply>(second.get()));
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(CurlHttpClientTest, the_environment_names_no_proxy) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  ::setenv("all_proxy", "http://127.0.0.1:1", 1);
  EXPECT_EQ(reply_to(request_to(server.url())).status, 200);
  ::unsetenv("http_proxy");
  ::unsetenv("all_proxy");
}

TEST_F(CurlHttpClientTest, a_proxy_of_the_settings_is_used) {
  HttpClientSettings settings;
  settings.proxy = server.url();
  settings.no_proxy = "127.0.0.1";
  client = make_client(settings);
  EXPECT_EQ(reply_to(request_to("http://example.invalid/x")).status, 200);
  EXPECT_EQ(server.requests().back().target, "http://example.invalid/x");
  EXPECT_EQ(reply_to(request_to(server.url("/direct"))).status, 200);
  EXPECT_EQ(server.requests().back().target, "/direct");
}

TEST_F(CurlHttpClientTest, what_a_proxy_says_to_connect_is_no_answer) {
  HttpClientSettings settings;
  settings.proxy = server.url();
  client = make_client(settings);
  for (const int status : {200, 403, 407}) {
    answer.status = status;
    const auto failure = failure_of(request_to("https://example.invalid/x", "POST"));
    EXPECT_TRUE(failure.never_sent) << failure.error.describe();
    EXPECT_EQ(server.requests().back().method, "CONNECT");
  }
}

}  // namespace
}  // namespace objectstore::net_test
