// Object operations as a client sees them: http-api.md section 7.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "http/test_support.h"

namespace objectstore {
namespace {

using http_test::Answer;
using http_test::Client;
using http_test::TestServer;

std::string request(const std::string& method, const std::string& path,
                    const std::string& headers = "", const std::string& body = "") {
  return method + " " + path + " HTTP/1.1\r\n" + headers + "\r\n" + body;
}
std::string put(const std::string& path, const std::string& body, const std::string& headers = "") {
  return request("PUT", path, headers + "Content-Length: " + std::to_string(body.size()) + "\r\n",
                 body);
}
const std::string path = "/v1/objects/attachments/org=17;project=42/reports/q1.txt";

TEST(Objects, put_answers_with_the_decoded_key_and_get_returns_what_was_put) {
  TestServer server;
  Client client(server);
  const auto stored = client.request(put(path, "hello",
                                         "Content-Type: text/plain\r\nX-Sn-Expiration: tti:7d\r\n"
                                         "X-Snme-Build-Id: 9001\r\nx-sn-filename: a/b\"c.txt\r\n"
                                         "Content-Encoding: zstd\r\n"
                                         "x-sn-time-created: nonsense\r\n"));
  EXPECT_EQ(stored.status, 200);
  EXPECT_EQ(stored.body, R"({"key":"reports/q1.txt"})");
  EXPECT_EQ(stored.header("content-type"), "application/json");

  const auto got = client.request(request("GET", path));
  EXPECT_EQ(got.status, 200);
  EXPECT_TRUE(got.complete);
  EXPECT_EQ(got.body, "hello");
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"content-type", "text/plain"},
      {"content-encoding", "zstd"},
      {"x-sn-expiration", "tti:7d"},
      {"x-sn-time-created", "2026-04-20T13:37:00.000000Z"},
      {"x-sn-time-expires", "2026-04-27T13:37:00.000000Z"},
      {"x-snme-build-id", "9001"},
      {"x-sn-filename", "a/b\"c.txt"},
      {"content-disposition", R"(attachment; filename="a-b\"c.txt")"},
      {"accept-ranges", "bytes"},
      {"x-sn-size", "5"},
      {"transfer-encoding", "chunked"},
      {"content-length", "(absent)"},
      {"content-range", "(absent)"},
      {"server", "objectstore/0.1.0"},
      {"connection", "(absent)"},
  };
  for (const auto& [name, value] : expected)
    EXPECT_EQ(got.header(name), value) << name;

  const auto head = client.request(request("HEAD", path, "Range: bytes=99-\r\n"), true);
  EXPECT_EQ(head.status, 204);
  EXPECT_EQ(head.header("content-length"), "0");
  EXPECT_EQ(head.header("x-sn-size"), "5");
  EXPECT_EQ(head.header("content-disposition"), R"(attachment; filename="a-b\"c.txt")");
  EXPECT_EQ(head.header("accept-ranges"), "bytes");
  EXPECT_FALSE(head.has("transfer-encoding"));
}

TEST(Objects, post_generates_a_uuid_v4) {
  TestServer server;
  Client client(server);
  for (const std::string target : {"/v1/objects/u/_", "/v1/objects/u/_/"}) {
    const auto answer = client.request(request("POST", target, "Content-Length: 1\r\n", "x"));
    EXPECT_EQ(answer.status, 201);
    ASSERT_EQ(answer.body.size(), std::string(R"({"key":""})").size() + 36);
    const auto key = answer.body.substr(8, 36);
    EXPECT_EQ(key[14], '4');
    EXPECT_EQ(client.request(request("GET", "/v1/objects/u/_/" + key)).body, "x");
  }
  EXPECT_EQ(server.store.objects.size(), 2U);
}

TEST(Objects, keys_are_any_unicode_and_named_once) {
  TestServer server;
  Client client(server);
  const auto stored = client.request(put("/v1/objects/u/_/a%2Fb%22%0A%C3%A4/", "x"));
  EXPECT_EQ(stored.body, "{\"key\":\"a/b\\\"\\n\xc3\xa4/\"}");
  EXPECT_EQ(client.request(request("GET", "/v1/objects/u/%5F/a/b%22%0a\xc3\xa4/")).body, "x");
  EXPECT_EQ(client.request(request("GET", "/v1/objects/u/_/a%252Fb")).status, 404);
}

TEST(Objects, put_replaces_payload_and_all_metadata) {
  TestServer server;
  Client client(server);
  client.request(put(path, "long payload", "x-snme-a: b\r\nx-sn-origin: o\r\n"));
  client.request(put(path, "", ""));
  const auto got = client.request(request("GET", path));
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, "");
  EXPECT_TRUE(got.complete);
  EXPECT_FALSE(got.has("x-snme-a"));
  EXPECT_FALSE(got.has("x-sn-origin"));
  EXPECT_EQ(got.header("content-type"), "application/octet-stream");
}

TEST(Objects, absent_body_is_an_empty_object) {
  TestServer server;
  Client client(server);
  EXPECT_EQ(client.request(request("PUT", path)).status, 200);
  EXPECT_EQ(client.request(request("GET", path)).status, 200);
}

TEST(Objects, delete_is_204_whether_or_not_it_existed) {
  TestServer server;
  Client client(server);
  client.request(put(path, "x"));
  for (int i = 0; i < 2; ++i) {
    const auto answer = client.request(request("DELETE", path));
    EXPECT_EQ(answer.status, 204);
    EXPECT_FALSE(answer.has("content-length"));
  }
  const auto got = client.request(request("GET", path));
  EXPECT_EQ(got.status, 404);
  EXPECT_FALSE(got.has("accept-ranges"));
  EXPECT_EQ(client.request(request("HEAD", path), true).status, 404);
}

TEST(Objects, ranges) {
  struct Case {
    std::string range;
    int status;
    std::string body;
    std::string content_range;
  };
  const std::vector<Case> cases = {
      {"bytes=0-1", 206, "he", "bytes 0-1/5"},     {"bytes=2-99", 206, "llo", "bytes 2-4/5"},
      {"bytes=3-", 206, "lo", "bytes 3-4/5"},      {"BYTES=-3", 206, "llo", "bytes 2-4/5"},
      {"bytes=-99", 206, "hello", "bytes 0-4/5"},  {"bytes=+1-+2", 206, "el", "bytes 1-2/5"},
      {"bytes=5-", 416, "", "bytes */5"},          {"bytes=99-100", 416, "", "bytes */5"},
      {"bytes=0-1,3-4", 200, "hello", "(absent)"}, {"bytes=x,y", 200, "hello", "(absent)"},
  };
  for (const bool streamed : {false, true}) {
    TestServer server;
    Client client(server);
    client.request(put(path, "hello", "x-snme-a: b\r\n"));
    if (streamed) server.store.stream_piece = 2;
    for (const auto& c : cases) {
      SCOPED_TRACE(c.range);
      const auto answer = client.request(request("GET", path, "Range: " + c.range + "\r\n"));
      EXPECT_EQ(answer.status, c.status);
      EXPECT_EQ(answer.body, c.body);
      EXPECT_EQ(answer.header("content-range"), c.content_range);
      EXPECT_EQ(answer.header("accept-ranges"), "bytes");
      EXPECT_TRUE(answer.complete);
      if (c.status == 206) {
        EXPECT_EQ(answer.header("content-length"), std::to_string(c.body.size()));
        EXPECT_EQ(answer.header("x-snme-a"), "b");
      }
    }
  }
}

TEST(Objects, any_range_of_an_empty_object_is_416_and_of_a_missing_one_404) {
  TestServer server;
  Client client(server);
  EXPECT_EQ(client.request(request("GET", path, "Range: bytes=0-\r\n")).status, 404);
  client.request(put(path, ""));
  for (const std::string range : {"bytes=0-", "bytes=-1"}) {
    const auto answer = client.request(request("GET", path, "Range: " + range + "\r\n"));
    EXPECT_EQ(answer.status, 416);
    EXPECT_EQ(answer.header("content-range"), "bytes */0");
  }
}

TEST(Objects, large_bodies_pass_in_both_directions_and_framings) {
  std::string large(3'000'000, '\0');
  for (std::size_t i = 0; i < large.size(); ++i)
    large[i] = static_cast<char>(i * 31 % 251);
  for (const bool chunked : {false, true}) {
    TestServer server;
    server.store.stream_piece = 65536;
    Client client(server);
    if (chunked) {
      client.send(request("PUT", path, "Transfer-Encoding: chunked\r\n"));
      for (std::size_t at = 0, size = 1; at < large.size(); at += size, size = size * 3 + 1) {
        const auto piece = large.substr(at, size);
        char line[32];
        std::snprintf(line, sizeof line, "%zx;a=b\r\n", piece.size());
        client.send(line + piece + "\r\n");
      }
      client.send("0\r\ntrailer: x\r\n\r\n");
    } else {
      client.send(put(path, large));
    }
    EXPECT_EQ(client.read_answer().status, 200);
    const auto got = client.request(request("GET", path));
    EXPECT_TRUE(got.complete);
    EXPECT_TRUE(got.body == large);
  }
}

TEST(Objects, failure_before_the_first_byte_is_a_status_later_it_is_an_aborted_connection) {
  TestServer server;
  Client client(server);
  client.request(put(path, std::string(10000, 'x')));
  server.store.stream_piece = 1000;
  server.store.stream_fails_at = 0;
  const auto early = client.request(request("GET", path));
  EXPECT_EQ(early.status, 500);
  EXPECT_EQ(early.body, R"({"detail":"service error: stored data is damaged",)"
                        R"("causes":["stored data is damaged"]})");
  server.store.stream_fails_at = 5000;
  const auto late = client.request(request("GET", path));
  EXPECT_EQ(late.status, 200);
  EXPECT_FALSE(late.complete);
  EXPECT_TRUE(client.wait_closed());
  EXPECT_TRUE(client.was_reset());
}

TEST(Objects, client_that_leaves_mid_body_stores_nothing) {
  TestServer server;
  {
    Client client(server);
    client.request(put(path, "old"));
    client.send(request("PUT", path, "Content-Length: 100\r\n", "only a part"));
    server.settle();
    EXPECT_EQ(server.server.requests_in_flight(), 1U);
  }
  EXPECT_TRUE(server.pump_until([&] { return server.server.requests_in_flight() == 0; }));
  EXPECT_EQ(server.store.objects.begin()->second.bytes, "old");
}

TEST(Objects, body_that_ends_early_is_a_client_stream_error) {
  TestServer server;
  for (const std::string framing : {"Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"}) {
    Client client(server);
    client.send(request("PUT", path, framing, "5\r\nhello\r\n"));
    client.half_close();
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.status, 400);
    EXPECT_NE(answer.body.find("error reading client stream"), std::string::npos);
  }
  EXPECT_TRUE(server.store.objects.empty());
}

TEST(Objects, operation_whose_client_left_runs_to_its_end) {
  TestServer server;
  Event gate;
  {
    Client client(server);
    client.request(put(path, "x"));
    server.store.gate = &gate;
    client.send(request("DELETE", path));
    server.settle();
  }
  server.settle();
  gate.set();
  EXPECT_TRUE(server.pump_until([&] { return server.store.objects.empty(); }));
}

TEST(Health, health_and_ready) {
  const std::string marker = ::testing::TempDir() + "objectstore-ready-test";
  std::remove(marker.c_str());
  ServerSettings settings;
  settings.ready_marker = marker;
  TestServer server(settings);
  Client client(server);
  const auto health = client.request(request("GET", "/health"));
  EXPECT_EQ(health.status, 200);
  EXPECT_EQ(health.body, "OK");
  EXPECT_EQ(health.header("content-type"), "text/plain; charset=utf-8");
  const auto head = client.request(request("HEAD", "/health"), true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(client.request(request("GET", "/ready")).body, "OK");
  std::ofstream(marker).close();
  const auto down = client.request(request("GET", "/ready"));
  EXPECT_EQ(down.status, 503);
  EXPECT_EQ(down.body, "Shutting down");
  std::remove(marker.c_str());
  EXPECT_EQ(client.request(request("GET", "/ready")).status, 200);
}

}  // namespace
}  // namespace objectstore
