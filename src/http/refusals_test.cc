// What is refused before or beside the tables of the contract (refusal_table_test.cc has those).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/test_support.h"

namespace objectstore {
namespace {

using http_test::Client;
using http_test::get;
using http_test::request;
using http_test::TestServer;

constexpr const char* json_type = "application/json";

http_test::ServiceOptions objects_up_to(std::uint64_t bytes) {
  http_test::ServiceOptions options;
  options.objects.max_object_size = bytes;
  return options;
}

TEST(Refusals, reserved_identities_are_client_errors) {
  TestServer server;
  for (const std::string path : {"/v1/objects//_/k", "/v1/objects/~changelog/_/k",
                                 "/v1/objects/a%2Fb/_/k", "/v1/objects/u/_/%00"}) {
    for (const std::string method : {"GET", "PUT", "DELETE"}) {
      Client client(server);
      const auto answer = client.request(request(method, path, "Content-Length: 0\r\n"));
      EXPECT_EQ(answer.status, 400) << method << path;
      EXPECT_EQ(answer.header("content-type"), json_type);
      EXPECT_TRUE(answer.body.starts_with(R"({"detail":"client error: )")) << answer.body;
    }
  }
  EXPECT_EQ(server.store.calls, 0);
}

struct ProtocolCase {
  const char* name;
  std::string request;
  int status;
};

TEST(Refusals, protocol_errors_are_empty_and_close) {
  const std::string object = "PUT /v1/objects/u/_/k HTTP/1.1\r\n";
  std::string lines;
  for (int i = 0; i < 101; ++i)
    lines += "a: b\r\n";
  const std::string smuggled = "GET /health HTTP/1.1\r\n\r\n";
  const std::vector<ProtocolCase> cases = {
      {"request line", "nonsense\r\n\r\n", 400},
      {"bare lf", "GET / HTTP/1.1\n\n", 400},
      {"http/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"long target", get("/" + std::string(65534, 'a')), 414},
      {"many lines", object + lines + "\r\n", 431},
      {"large head", object + "a: " + std::string(417792, 'x') + "\r\n\r\n", 431},
      {"folded", object + "a: b\r\n c\r\n\r\n", 400},
      {"bare cr", object + "a: b\rc\r\n\r\n", 400},
      {"nul", object + std::string("a: \0\r\n\r\n", 8), 400},
      {"blank before colon", object + "Content-Length : 5\r\n\r\nhello", 400},
      {"length and chunked",
       object + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, 400},
      {"two lengths", object + "Content-Length: 0\r\nContent-Length: 24\r\n\r\n" + smuggled, 400},
      {"disguised encoding",
       object +
           "Transfer-Encoding: \x0b"
           "chunked\r\n\r\n0\r\n\r\n" +
           smuggled,
       400},
      {"two encodings", object + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400},
      {"unknown encoding", object + "Transfer-Encoding: gzip\r\n\r\n" + smuggled, 400},
      {"chunked on 1.0",
       "PUT /v1/objects/u/_/k HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
  };
  TestServer server;
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Client client(server);
    const auto answer = client.request(c.request);
    EXPECT_EQ(answer.status, c.status);
    EXPECT_EQ(answer.body, "");
    EXPECT_EQ(answer.header("connection"), "close");
    EXPECT_EQ(answer.header("content-length"), "0");
    EXPECT_FALSE(answer.has("server"));
    EXPECT_TRUE(answer.has("date"));
    client.half_close();
    EXPECT_TRUE(client.wait_closed());
    EXPECT_EQ(client.received(), "") << "nothing behind a refused request is answered";
  }
  EXPECT_EQ(server.store.calls, 0);
}

TEST(Refusals, bad_chunks_are_client_stream_errors_and_close) {
  const std::string head = request("PUT", "/v1/objects/u/_/k", "Transfer-Encoding: chunked\r\n");
  TestServer server;
  for (const std::string body :
       {"x\r\nhello\r\n0\r\n\r\n", "5\r\nhelloX0\r\n\r\n", "5\nhello\n0\n\n", "-5\r\n",
        "5 5\r\nhello\r\n0\r\n\r\n", "fffffffffffffffff\r\n", "0\r\na b: c\r\n\r\n"}) {
    SCOPED_TRACE(body);
    Client client(server);
    client.send(head + body);
    client.half_close();
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.status, 400);
    EXPECT_TRUE(answer.body.starts_with(
        R"({"detail":"service error: error reading client stream: error reading a body from )"
        R"(connection","causes":["error reading client stream: error reading a body from )"
        R"(connection","error reading a body from connection",)"))
        << answer.body;
    EXPECT_EQ(answer.header("connection"), "close");
    EXPECT_TRUE(client.wait_closed());
  }
  EXPECT_TRUE(server.store.objects.empty());
}

TEST(Refusals, requests_above_the_limit_get_an_empty_503_but_health_is_answered) {
  ServerSettings settings;
  settings.max_requests = 0;
  settings.ready_marker = "";
  TestServer server(settings);
  Client client(server);
  const auto refused = client.request(get("/v1/objects/u/_/k"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.body, "");
  EXPECT_FALSE(refused.has("server"));
  EXPECT_FALSE(refused.has("retry-after"));
  EXPECT_EQ(client.request(get("/nothing")).status, 503) << "capacity comes before routing";
  EXPECT_EQ(client.request(get("/health")).status, 200);
  EXPECT_EQ(client.request(get("/ready")).status, 200);
  EXPECT_EQ(server.server.requests_in_flight(), 0U);
}

TEST(Refusals, limit_counts_requests_until_they_are_answered) {
  ServerSettings settings;
  settings.max_requests = 1;
  TestServer server(settings);
  Event gate;
  server.store.gate = &gate;
  Client waiting(server);
  Client refused(server);
  waiting.send(get("/v1/objects/u/_/k"));
  server.settle();
  EXPECT_EQ(server.server.requests_in_flight(), 1U);
  EXPECT_EQ(refused.request(get("/v1/objects/u/_/k")).status, 503);
  gate.set();
  EXPECT_EQ(waiting.read_answer().status, 404);
  EXPECT_EQ(refused.request(get("/v1/objects/u/_/k")).status, 404);
}

TEST(Refusals, too_large_by_announcement_is_refused_before_a_byte_is_read) {
  TestServer server({}, objects_up_to(10));
  Client client(server);
  const auto answer = client.request(request(
      "PUT", "/v1/objects/u/_/k", "Content-Length: 1000000000\r\nExpect: 100-continue\r\n"));
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_EQ(server.store.calls, 0);
}

TEST(Refusals, too_large_in_chunks_is_refused_while_streaming) {
  TestServer server({}, objects_up_to(10));
  Client client(server);
  client.send(request("PUT", "/v1/objects/u/_/k", "Transfer-Encoding: chunked\r\n"));
  const auto answer = client.request("8\r\n12345678\r\n8\r\n12345678\r\n");
  EXPECT_EQ(answer.status, 413);
  EXPECT_TRUE(server.store.objects.empty());
}

TEST(Refusals, store_errors_hide_paths_of_this_machine) {
  TestServer server;
  server.store.failure = Error(ErrorCode::io, "/srv/data/blobs/ab: read failed");
  Client client(server);
  for (const std::string method : {"GET", "PUT", "DELETE"}) {
    const auto answer =
        client.request(request(method, "/v1/objects/u/_/k", "Content-Length: 0\r\n"));
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.body, R"({"detail":"service error: i/o error","causes":["i/o error"]})");
  }
  const auto head = client.request(request("HEAD", "/v1/objects/u/_/k"), true);
  EXPECT_EQ(head.status, 500);
  server.store.failure = Error(ErrorCode::unavailable, "the change was fenced");
  const auto busy = client.request(get("/v1/objects/u/_/k"));
  EXPECT_EQ(busy.status, 503);
  EXPECT_EQ(busy.header("retry-after"), "1");
}

TEST(Refusals, upload_id_that_the_store_refuses_is_a_service_error) {
  TestServer server;
  server.uploads.failure = Error(ErrorCode::invalid_argument, "invalid upload_id: not ours");
  Client client(server);
  const auto answer = client.request(get("/v1/objects:multipart:parts/u/_/k?upload_id=something"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body, R"({"detail":"service error: invalid upload_id: not ours",)"
                         R"("causes":["invalid upload_id: not ours"]})");
}

TEST(Refusals, running_out_of_memory_costs_one_request_only) {
  TestServer server;
  Client client(server);
  server.store.out_of_memory = true;
  EXPECT_EQ(client.request(get("/v1/objects/u/_/k")).status, 500);
  server.store.out_of_memory = false;
  Client next(server);
  EXPECT_EQ(next.request(get("/v1/objects/u/_/k")).status, 404);
  EXPECT_EQ(server.operations.running(), 0U);
  EXPECT_EQ(server.concurrency.in_use(), 0U);
}

TEST(Refusals, throwing_handler_costs_its_connection_only) {
  TestServer server;
  server.store.throws = true;
  Client unlucky(server);
  const auto answer = unlucky.request(get("/v1/objects/u/_/k"));
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body, "internal error");
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_TRUE(unlucky.wait_closed());
  server.store.throws = false;
  Client next(server);
  EXPECT_EQ(next.request(get("/v1/objects/u/_/k")).status, 404);
}

}  // namespace
}  // namespace objectstore
