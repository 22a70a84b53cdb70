// What is refused, and how: http-api.md sections 1 to 7, one row a case.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/test_support.h"

namespace objectstore {
namespace {

using http_test::Client;
using http_test::TestServer;

constexpr const char* json_type = "application/json";
constexpr const char* text_type = "text/plain; charset=utf-8";
constexpr const char* no_type = "(absent)";

struct Refusal {
  const char* name;
  std::string request;
  int status;
  std::string content_type;
  std::string body;
  std::string allow = "(absent)";
};

std::string get(const std::string& path, const std::string& headers = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n";
}
std::string request(const std::string& method, const std::string& path,
                    const std::string& headers = "") {
  return method + " " + path + " HTTP/1.1\r\n" + headers + "\r\n";
}
std::string put(const std::string& headers, const std::string& path = "/v1/objects/u/_/k") {
  return request("PUT", path, headers + "Content-Length: 1\r\n") + "x";
}
std::string metadata_error(const std::string& what, const std::string& more = "") {
  return R"({"detail":"service error: metadata error: )" + what +
         R"(","causes":["metadata error: )" + what + "\",\"" + what + "\"" + more + "]}";
}

const std::string range_syntax =
    R"({"detail":"client error: invalid Range header: invalid byte range"})";
const std::string not_implemented =
    R"({"detail":"service error: not implemented","causes":["not implemented"]})";

std::string unit_error(const std::string& unit) {
  return R"({"detail":"client error: invalid Range header: invalid range unit: )" + unit +
         R"(, expected: bytes"})";
}

const std::vector<Refusal>& routing() {
  const std::string object = "/v1/objects/u/_/k";
  static const std::vector<Refusal> table = {
      {"unknown path", get("/nothing"), 404, no_type, ""},
      {"keda", get("/keda"), 404, no_type, ""},
      {"encoded colon", request("POST", "/v1/objects%3Abatch/u/_/"), 404, no_type, ""},
      {"batch without slash", request("POST", "/v1/objects:batch/u/_"), 404, no_type, ""},
      {"batch with key", request("POST", "/v1/objects:batch/u/_/k"), 404, no_type, ""},
      {"missing object", get("/v1/objects/u/_/none"), 404, no_type, ""},
      {"post to object", request("POST", object), 405, no_type, "", "GET,HEAD,PUT,DELETE"},
      {"patch", request("PATCH", object), 405, no_type, "", "GET,HEAD,PUT,DELETE"},
      {"options", request("OPTIONS", object), 405, no_type, "", "GET,HEAD,PUT,DELETE"},
      {"trace", request("TRACE", object), 405, no_type, "", "GET,HEAD,PUT,DELETE"},
      {"get collection", get("/v1/objects/u/_"), 405, no_type, "", "POST"},
      {"get collection/", get("/v1/objects/u/_/"), 405, no_type, "", "POST"},
      {"delete collection/", request("DELETE", "/v1/objects/u/_/"), 405, no_type, "", "POST"},
      {"post health", request("POST", "/health"), 405, no_type, "", "GET,HEAD"},
      {"get batch", get("/v1/objects:batch/u/_/"), 405, no_type, "", "POST"},
      {"get multipart", get("/v1/objects:multipart/u/_/k"), 405, no_type, "", "PUT,DELETE"},
      {"post parts", request("POST", "/v1/objects:multipart:parts/u/_/k"), 405, no_type, "",
       "PUT,GET,HEAD"},
      {"get complete", get("/v1/objects:multipart:complete/u/_/k"), 405, no_type, "", "POST"},
      {"405 before path", request("POST", "/v1/objects/u/bad/k"), 405, no_type, "",
       "GET,HEAD,PUT,DELETE"},
      {"batch", request("POST", "/v1/objects:batch/u/_/"), 501, json_type, not_implemented},
      {"initiate", request("POST", "/v1/objects:multipart/u/_"), 501, json_type, not_implemented},
      {"initiate key", request("PUT", "/v1/objects:multipart/u/_/k"), 501, json_type,
       not_implemented},
      {"abort", request("DELETE", "/v1/objects:multipart/u/_/k"), 501, json_type, not_implemented},
      {"part", put("", "/v1/objects:multipart:parts/u/_/k?upload_id=1&part_number=1"), 501,
       json_type, not_implemented},
      {"list parts", get("/v1/objects:multipart:parts/u/_/k"), 501, json_type, not_implemented},
      {"complete", request("POST", "/v1/objects:multipart:complete/u/_/k"), 501, json_type,
       not_implemented},
      {"resumable put", put("", object + "?upload_type=resumable"), 501, json_type,
       not_implemented},
      {"resumable post", request("POST", "/v1/objects/u/_?upload_type=resumable"), 501, json_type,
       not_implemented},
  };
  return table;
}

const std::vector<Refusal>& paths() {
  static const std::vector<Refusal> table = {
      {"no equals", get("/v1/objects/u/org/k"), 400, text_type,
       "Invalid URL: scope must be 'key=value'"},
      {"empty scopes", get("/v1/objects/u//k"), 400, text_type,
       "Invalid URL: scope must be 'key=value'"},
      {"final semicolon", get("/v1/objects/u/a=1;/k"), 400, text_type,
       "Invalid URL: scope must be 'key=value'"},
      {"underscore and scope", get("/v1/objects/u/_;a=1/k"), 400, text_type,
       "Invalid URL: scope must be 'key=value'"},
      {"empty value", get("/v1/objects/u/a=/k"), 400, text_type,
       "Invalid URL: key and value must be non-empty"},
      {"bad character", get("/v1/objects/u/a=b%2Fc/k"), 400, text_type,
       "Invalid URL: invalid character '/'"},
      {"path before 501", request("POST", "/v1/objects:batch/u/bad/"), 400, text_type,
       "Invalid URL: scope must be 'key=value'"},
      {"path before range", get("/v1/objects/u/bad/k", "Range: x\r\n"), 400, text_type,
       "Invalid URL: scope must be 'key=value'"},
      {"usecase utf-8", get("/v1/objects/%ff/_/k"), 400, text_type,
       "Invalid URL: Invalid UTF-8 in `usecase`"},
      {"scopes utf-8", get("/v1/objects/u/%ff/k"), 400, text_type,
       "Invalid URL: Invalid UTF-8 in `scopes`"},
      {"key utf-8", get("/v1/objects/u/_/%c3"), 400, text_type,
       "Invalid URL: Invalid UTF-8 in `key`"},
  };
  return table;
}

const std::vector<Refusal>& headers() {
  const std::string object = "/v1/objects/u/_/k";
  static const std::vector<Refusal> table = {
      {"range backwards", get(object, "Range: bytes=5-2\r\n"), 400, json_type, range_syntax},
      {"range -0", get(object, "Range: bytes=-0\r\n"), 400, json_type, range_syntax},
      {"range abc", get(object, "Range: bytes=abc\r\n"), 400, json_type, range_syntax},
      {"range blank", get(object, "Range: bytes=1 -2\r\n"), 400, json_type, range_syntax},
      {"range unit", get(object, "Range: lines=1-2\r\n"), 400, json_type, unit_error("lines")},
      {"range empty", get(object, "Range:\r\n"), 400, json_type, unit_error("")},
      {"first range counts", get(object, "Range: x=1-\r\nRange: bytes=0-\r\n"), 400, json_type,
       unit_error("x")},
      {"range not ascii", get(object, "Range: bytes=\xff\r\n"), 400, json_type,
       R"({"detail":"client error: invalid Range header"})"},
      {"content type", put("Content-Type: nonsense\r\n"), 400, json_type,
       metadata_error("invalid content type", R"(,"Invalid type name")")},
      {"compression", put("Content-Encoding: gzip\r\n"), 400, json_type,
       metadata_error("invalid compression value")},
      {"header bytes", put("x-sn-origin: \xff\r\n"), 400, json_type, "*"},
      {"policy", put("x-sn-expiration: never\r\n"), 400, json_type, "*"},
      {"deadline past 9999", put("x-sn-expiration: ttl:10000y\r\n"), 400, json_type, "*"},
      {"policy before body", request("PUT", object, "x-sn-expiration: x\r\nContent-Length: 9\r\n"),
       400, json_type, "*"},
  };
  return table;
}

void check(const std::vector<Refusal>& table) {
  TestServer server;
  for (const auto& refusal : table) {
    SCOPED_TRACE(refusal.name);
    Client client(server);
    const auto answer = client.request(refusal.request);
    EXPECT_EQ(answer.status, refusal.status);
    EXPECT_EQ(answer.header("content-type"), refusal.content_type);
    if (refusal.body != "*") {
      EXPECT_EQ(answer.body, refusal.body);
    }
    EXPECT_EQ(answer.header("allow"), refusal.allow);
    EXPECT_EQ(answer.header("server"), "objectstore/0.1.0");
    EXPECT_EQ(answer.header("date"), "Mon, 20 Apr 2026 13:37:00 GMT");
    EXPECT_EQ(answer.header("content-length"), std::to_string(answer.body.size()));
    EXPECT_TRUE(server.store.objects.empty());
  }
}

TEST(Refusals, routing) {
  check(routing());
}
TEST(Refusals, paths) {
  check(paths());
}
TEST(Refusals, headers) {
  check(headers());
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
  TestServer server({}, {.max_object_size = 10});
  Client client(server);
  const auto answer = client.request(request(
      "PUT", "/v1/objects/u/_/k", "Content-Length: 1000000000\r\nExpect: 100-continue\r\n"));
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_EQ(server.store.calls, 0);
}

TEST(Refusals, too_large_in_chunks_is_refused_while_streaming) {
  TestServer server({}, {.max_object_size = 10});
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
