// Multipart uploads over a connection: http-api.md section 10.
#include <gtest/gtest.h>

#include <string>

#include "http/test_support.h"

namespace objectstore {
namespace {

using http_test::Client;
using http_test::TestServer;
using namespace std::chrono_literals;

const std::string upload_path = "/v1/objects:multipart/u/_/k";
const std::string parts_path = "/v1/objects:multipart:parts/u/_/k?upload_id=upload-1";
const std::string complete_path = "/v1/objects:multipart:complete/u/_/k?upload_id=upload-1";

std::string request(const std::string& method, const std::string& path,
                    const std::string& headers = "", const std::string& body = "") {
  std::string length;
  if (!body.empty()) length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return method + " " + path + " HTTP/1.1\r\n" + headers + length + "\r\n" + body;
}
std::string completion(const std::string& list) {
  return request("POST", complete_path, "Content-Type: application/json\r\n",
                 R"({"parts":[)" + list + R"(],"more":1})");
}
std::string part(int number, const std::string& bytes, const std::string& headers = "") {
  return request("PUT", parts_path + "&part_number=" + std::to_string(number), headers, bytes);
}

TEST(Uploads, from_the_first_part_to_the_object) {
  TestServer server;
  Client client(server);
  const auto begun = client.request(
      request("PUT", upload_path, "Content-Type: text/plain\r\nx-sn-expiration: ttl:1h\r\n"));
  EXPECT_EQ(begun.status, 200);
  EXPECT_EQ(begun.body, R"({"key":"k","upload_id":"upload-1"})");
  const auto& metadata = server.uploads.started["upload-1"].metadata;
  EXPECT_EQ(metadata.content_type, "text/plain");
  EXPECT_EQ(metadata.time_created, server.clock.now());
  EXPECT_EQ(metadata.time_expires, server.clock.now() + 1h);

  const auto second = client.request(part(2, "world"));
  EXPECT_EQ(second.body, R"({"etag":"\"etag-2-5\""})");
  EXPECT_EQ(client.request(part(1, "hello ", "Content-MD5: abc=\r\n")).status, 200);
  EXPECT_EQ(server.uploads.last_md5, "abc=");
  EXPECT_EQ(client.request(request("GET", parts_path)).body,
            R"({"parts":[{"part_number":1,"etag":"\"etag-1-6\"","last_modified":)"
            R"("2026-04-20T13:37:00Z","size":6},{"part_number":2,"etag":"\"etag-2-5\"",)"
            R"("last_modified":"2026-04-20T13:37:00Z","size":5}],"is_truncated":false})");
  const auto done = client.request(completion(
      R"({"part_number":1,"etag":"\"etag-1-6\""},{"part_number":2,"etag":"\"etag-2-5\""})"));
  EXPECT_EQ(done.status, 200);
  EXPECT_EQ(done.header("content-type"), "application/json");
  EXPECT_EQ(done.header("transfer-encoding"), "chunked");
  EXPECT_EQ(done.body, R"({"key":"k"})");
  EXPECT_EQ(server.uploads.completed["u/objects/k"], "hello world");
}

TEST(Uploads, key_is_made_where_none_is_given) {
  TestServer server;
  Client client(server);
  for (const std::string path : {"/v1/objects:multipart/u/_", "/v1/objects:multipart/u/_/"}) {
    const auto begun = client.request(request("POST", path));
    EXPECT_EQ(begun.status, 200);
    EXPECT_EQ(begun.body.substr(0, 8), R"({"key":")");
    EXPECT_TRUE(Uuid::parse(begun.body.substr(8, 36)).has_value()) << begun.body;
  }
}

TEST(Uploads, parts_are_listed_page_by_page) {
  TestServer server;
  Client client(server);
  client.request(request("PUT", upload_path));
  for (int number = 1; number <= 3; ++number)
    client.request(part(number, "x"));
  const auto list = [&](const std::string& query) {
    return client.request(request("GET", parts_path + query)).body;
  };
  EXPECT_NE(list("&max_parts=2").find(R"("is_truncated":true,"next_part_number_marker":2})"),
            std::string::npos);
  const auto rest = list("&max_parts=2&part_number_marker=2");
  EXPECT_EQ(rest.find("\"part_number\":2"), std::string::npos);
  EXPECT_NE(rest.find("\"is_truncated\":false}"), std::string::npos);
  EXPECT_EQ(list("&max_parts=0"), R"({"parts":[],"is_truncated":true})");
  EXPECT_EQ(list("&max_parts=0&part_number_marker=3"), R"({"parts":[],"is_truncated":false})");
  const auto head = client.request(request("HEAD", parts_path), true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("content-type"), "application/json");
}

TEST(Uploads, aborted_upload_is_gone_and_abort_is_idempotent) {
  TestServer server;
  Client client(server);
  client.request(request("PUT", upload_path));
  for (int i = 0; i < 2; ++i) {
    const auto aborted = client.request(request("DELETE", upload_path + "?upload_id=upload-1"));
    EXPECT_EQ(aborted.status, 204);
    EXPECT_EQ(aborted.body, "");
  }
  EXPECT_EQ(client.request(part(1, "x")).status, 404);
}

TEST(Uploads, completion_that_takes_long_is_kept_alive_by_blanks) {
  TestServer server;
  Event gate;
  server.uploads.gate = &gate;
  Client client(server);
  client.request(request("PUT", upload_path));
  client.send(completion(""));
  server.settle();
  EXPECT_FALSE(client.closed());
  EXPECT_EQ(client.received(), "") << "the head leaves with the first piece";
  server.advance(1s);
  ASSERT_TRUE(client.wait_for("1\r\n \r\n"));
  server.advance(1s);
  ASSERT_TRUE(client.wait_for("1\r\n \r\n1\r\n \r\n"));
  gate.set();
  const auto answer = client.read_answer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "  {\"key\":\"k\"}");
  EXPECT_EQ(client.request(request("GET", "/health")).status, 200) << "the connection goes on";
}

TEST(Uploads, failures_of_a_completion_stand_in_its_body) {
  struct Case {
    CompleteResult outcome;
    std::string body;
  };
  const std::vector<Case> cases = {
      {PartRefused{"InvalidPart", "part number 2 was not uploaded"},
       R"({"error":{"code":"InvalidPart","message":"part number 2 was not uploaded"}})"},
      {NoSuchUpload{},
       R"({"error":{"code":"internal error","message":"service error: multipart upload not )"
       R"(found"}})"},
      {CompletionInProgress{},
       R"({"error":{"code":"internal error","message":"service error: the upload is being )"
       R"(completed, try again later"}})"},
  };
  TestServer server;
  Client client(server);
  client.request(request("PUT", upload_path));
  for (const auto& c : cases) {
    server.uploads.outcome = c.outcome;
    const auto answer = client.request(completion(""));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, c.body);
  }
  server.uploads.outcome.reset();
  server.uploads.failure = Error(ErrorCode::io, "/srv/data: failed");
  EXPECT_EQ(client.request(completion("")).body,
            R"({"error":{"code":"internal error","message":"service error: i/o error"}})");
}

TEST(Uploads, completion_that_throws_is_a_failure_of_its_own) {
  TestServer server;
  Client client(server);
  client.request(request("PUT", upload_path));
  server.uploads.throws = true;
  EXPECT_EQ(client.request(completion("")).body,
            R"({"error":{"code":"internal error","message":"service error: internal error"}})");
  EXPECT_EQ(client.request(request("GET", "/health")).status, 200);
  EXPECT_EQ(server.operations.running(), 0U);
}

TEST(Uploads, completion_runs_to_its_end_though_the_client_is_gone) {
  TestServer server;
  Event gate;
  server.uploads.gate = &gate;
  {
    Client client(server);
    client.request(request("PUT", upload_path));
    client.request(part(1, "abc"));
    client.send(completion(R"({"part_number":1,"etag":"\"etag-1-3\""})"));
    server.settle();
  }
  server.advance(1s);
  server.advance(1s);
  EXPECT_EQ(server.operations.running(), 1U);
  gate.set();
  EXPECT_TRUE(server.pump_until([&] { return server.uploads.completed.size() == 1; }));
  EXPECT_TRUE(server.pump_until([&] { return server.server.requests_in_flight() == 0; }));
}

}  // namespace
}  // namespace objectstore
