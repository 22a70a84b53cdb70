// The strict server is strict: docs/formats/gcs-xml-rules.md, rule by rule, by bare requests.
#include <gtest/gtest.h>

#include "base/digests.h"
#include "gcs/gcs_server.h"

namespace objectstore::testing {
namespace {

constexpr std::size_t granule = 256 << 10;
constexpr std::size_t least_part = 5 << 20;

std::string crc32c_of(std::string_view bytes) {
  Crc32c crc32c;
  crc32c.update(bytes);
  return "crc32c=" + crc32c.base64();
}

// The text between <name> and the next tag.
std::string element(const std::string& xml, const std::string& name) {
  const auto begin = xml.find("<" + name + ">");
  if (begin == std::string::npos) return "";
  const auto from = begin + name.size() + 2;
  return xml.substr(from, xml.find('<', from) - from);
}

class GcsFakeRulesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (GcsServer::instance() == nullptr) GTEST_SKIP() << "OBJECTSTORE_GCS_SERVER is not set";
    bucket.emplace();
  }
  [[nodiscard]] std::string of_bucket() const { return bucket->settings().bucket; }

  // The target of a new session.
  std::string session(const std::string& name, const std::string& condition = "") {
    const auto opened = bucket->ask(
        "POST",
        "/upload/storage/v1/b/" + of_bucket() + "/o?uploadType=resumable&name=" + name + condition,
        "{\"contentType\":\"text/plain\"}", {{"Content-Type", "application/json"}});
    EXPECT_EQ(opened.status, 200) << opened.body;
    const auto location = find_header(opened.headers, "location");
    if (!location) return "/nowhere";
    return std::string(location->substr(bucket->settings().endpoint.size()));
  }
  HttpReply put(const std::string& target, const std::string& range, const std::string& body = "",
                const std::string& hash = "") {
    HttpHeaders headers = {{"Content-Range", range}};
    if (!hash.empty()) headers.emplace_back("X-Goog-Hash", hash);
    return bucket->ask("PUT", target, body, headers);
  }
  int cancel(const std::string& target) {
    return bucket->ask("DELETE", target, "", {{"Content-Length", "0"}}).status;
  }
  static std::string range_of(const HttpReply& reply) {
    return std::string(find_header(reply.headers, "range").value_or("none"));
  }
  bool exists(const std::string& name) {
    return bucket->ask("GET", "/storage/v1/b/" + of_bucket() + "/o/" + name).status == 200;
  }

  std::string object(const std::string& query) { return "/" + of_bucket() + "/key?" + query; }
  std::string initiate() {
    const auto initiated = bucket->ask("POST", object("uploads"));
    EXPECT_EQ(initiated.status, 200) << initiated.body;
    return element(initiated.body, "UploadId");
  }
  HttpReply put_part(const std::string& id, const std::string& number, const std::string& body,
                     const HttpHeaders& headers = {}) {
    return bucket->ask("PUT", object("partNumber=" + number + "&uploadId=" + id), body, headers);
  }
  std::string etag(const std::string& id, const std::string& number, const std::string& body) {
    const auto stored = put_part(id, number, body);
    EXPECT_EQ(stored.status, 200) << stored.body;
    return std::string(find_header(stored.headers, "etag").value_or(""));
  }
  HttpReply complete(const std::string& id,
                     const std::vector<std::pair<std::string, std::string>>& parts) {
    std::string xml = "<CompleteMultipartUpload>";
    for (const auto& [number, tag] : parts) {
      xml.append("<Part><PartNumber>").append(number).append("</PartNumber><ETag>");
      xml.append(tag).append("</ETag></Part>");
    }
    return bucket->ask("POST", object("uploadId=" + id), xml + "</CompleteMultipartUpload>");
  }

  std::optional<GcsBucket> bucket;
};

TEST_F(GcsFakeRulesTest, chunks_but_the_last_are_multiples_of_256_kib) {
  const auto target = session("a");
  EXPECT_EQ(put(target, "bytes 0-9/*", "0123456789").status, 400);
  EXPECT_EQ(put(target, "bytes 0-9/20", "0123456789").status, 400);
  EXPECT_EQ(range_of(put(target, "bytes */*")), "none");
  const auto chunk = std::string(granule, 'x');
  const auto kept = put(target, "bytes 0-262143/*", chunk);
  EXPECT_EQ(kept.status, 308);
  EXPECT_EQ(range_of(kept), "bytes=0-262143");
  EXPECT_EQ(put(target, "bytes 262144-262146/262147", "end").status, 200);
  EXPECT_TRUE(exists("a"));
}

TEST_F(GcsFakeRulesTest, ranges_and_lengths_must_agree) {
  const auto target = session("a");
  EXPECT_EQ(put(target, "bytes 0-9/10", "012345678").status, 400);
  EXPECT_EQ(put(target, "bytes 0-9/9", "0123456789").status, 400);
  EXPECT_EQ(put(target, "bytes 1-10/11", "0123456789").status, 400);  // byte 0 is missing
  EXPECT_EQ(put(target, "bytes */*", "x").status, 400);
  EXPECT_EQ(put(target, "bytes 0-", "x").status, 400);
  EXPECT_FALSE(exists("a"));
}

TEST_F(GcsFakeRulesTest, bytes_that_are_kept_already_are_ignored) {
  const auto target = session("a");
  ASSERT_EQ(put(target, "bytes 0-262143/*", std::string(granule, 'x')).status, 308);
  const auto again = std::string(granule, 'y') + "z";
  ASSERT_EQ(put(target, "bytes 0-262144/262145", again).status, 200);
  const auto read = bucket->ask("GET", "/storage/v1/b/" + of_bucket() + "/o/a?alt=media");
  EXPECT_TRUE(read.body == std::string(granule, 'x') + "z");
}

TEST_F(GcsFakeRulesTest, a_status_query_changes_nothing) {
  const auto target = session("a");
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(put(target, "bytes */*").status, 308);
  EXPECT_FALSE(exists("a"));
  EXPECT_EQ(put(target, "bytes 0-2/3", "end").status, 200);
  EXPECT_EQ(put(target, "bytes */*").status, 200);
}

TEST_F(GcsFakeRulesTest, a_cancelled_session_is_dead) {
  const auto target = session("a");
  ASSERT_EQ(put(target, "bytes 0-262143/*", std::string(granule, 'x')).status, 308);
  EXPECT_EQ(bucket->ask("DELETE", target).status, 411);  // without a length
  EXPECT_EQ(bucket->open_sessions(), 1U);
  EXPECT_EQ(cancel(target), 499);
  EXPECT_EQ(bucket->open_sessions(), 0U);
  EXPECT_EQ(put(target, "bytes 262144-262146/262147", "end").status, 499);
  EXPECT_EQ(put(target, "bytes */*").status, 499);
  EXPECT_EQ(cancel(target), 499);
  EXPECT_FALSE(exists("a"));
  EXPECT_EQ(cancel("/upload/storage/v1/b/" + of_bucket() + "/o?uploadType=resumable&upload_id=1"),
            404);
}

TEST_F(GcsFakeRulesTest, preconditions_hold_at_the_end_of_a_session) {
  const auto first = session("a", "&ifGenerationMatch=0");
  const auto second = session("a", "&ifGenerationMatch=0");
  EXPECT_EQ(put(first, "bytes 0-4/5", "first").status, 200);
  EXPECT_EQ(put(second, "bytes 0-5/6", "second").status, 412);
  const auto third = session("a");
  EXPECT_EQ(put(third, "bytes 0-4/5", "third").status, 200);
}

TEST_F(GcsFakeRulesTest, checksums_are_compared) {
  const auto target = session("a");
  EXPECT_EQ(put(target, "bytes 0-2/3", "abc", crc32c_of("abd")).status, 400);
  EXPECT_FALSE(exists("a"));
  EXPECT_EQ(put(target, "bytes */3", "", crc32c_of("abc")).status, 200);
  EXPECT_TRUE(exists("a"));
  EXPECT_EQ(put(session("b"), "bytes 0-2/3", "abc", "md5=AAAAAAAAAAAAAAAAAAAAAA==").status, 400);
  EXPECT_EQ(put(session("c"), "bytes */0", "", crc32c_of("")).status, 200);
}

TEST_F(GcsFakeRulesTest, custom_times_never_move_back) {
  ASSERT_EQ(put(session("a"), "bytes 0-2/3", "abc").status, 200);
  const auto patch = [&](const std::string& time) {
    return bucket
        ->ask("PATCH", "/storage/v1/b/" + of_bucket() + "/o/a", "{\"customTime\":" + time + "}",
              {{"Content-Type", "application/json"}})
        .status;
  };
  EXPECT_EQ(patch("\"2026-04-20T13:37:00Z\""), 200);
  EXPECT_EQ(patch("\"2026-04-20T13:37:00.5Z\""), 200);
  EXPECT_EQ(patch("\"2026-04-20T13:37:00Z\""), 400);
  EXPECT_EQ(patch("null"), 400);
  EXPECT_EQ(patch("\"2026-04-20T13:37:01Z\""), 200);
}

TEST_F(GcsFakeRulesTest, parts_are_checked) {
  const auto id = initiate();
  const struct {
    std::string number;
    HttpHeaders headers;
    std::string code;
  } cases[] = {
      {"0", {}, "InvalidArgument"},
      {"10001", {}, "InvalidArgument"},
      {"x", {}, "InvalidArgument"},
      {"1", {{"Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA=="}}, "BadDigest"},
      {"1", {{"Content-MD5", "AAAA"}}, "InvalidDigest"},
      {"1", {{"x-goog-hash", crc32c_of("other")}}, "BadDigest"},
      {"10000", {{"x-goog-hash", crc32c_of("abc")}}, ""},
  };
  for (const auto& c : cases) {
    const auto stored = put_part(id, c.number, "abc", c.headers);
    EXPECT_EQ(stored.status, c.code.empty() ? 200 : 400) << c.code;
    EXPECT_EQ(element(stored.body, "Code"), c.code);
  }
  EXPECT_EQ(element(put_part("unknown", "1", "abc").body, "Code"), "NoSuchUpload");
}

TEST_F(GcsFakeRulesTest, lists_of_parts_are_checked) {
  const auto id = initiate();
  const auto large = std::string(least_part, 'x');
  const auto first = etag(id, "1", large);
  const auto second = etag(id, "2", "two");
  const auto third = etag(id, "3", "three");
  const auto unquoted = first.substr(1, first.size() - 2);
  const struct {
    std::vector<std::pair<std::string, std::string>> parts;
    std::string code;
  } cases[] = {
      {{}, "MalformedCompleteMultipartUploadRequest"},
      {{{"x", first}}, "MalformedCompleteMultipartUploadRequest"},
      {{{"2", second}, {"1", first}}, "InvalidPartOrder"},
      {{{"1", first}, {"1", first}}, "InvalidPartOrder"},
      {{{"1", second}}, "InvalidPart"},
      {{{"1", unquoted}}, "InvalidPart"},
      {{{"4", first}}, "InvalidPart"},
      {{{"1", first}, {"2", second}, {"3", third}}, "EntityTooSmall"},
  };
  for (const auto& c : cases) {
    const auto completed = complete(id, c.parts);
    EXPECT_EQ(completed.status, 400) << c.code;
    EXPECT_EQ(element(completed.body, "Code"), c.code);
  }
  EXPECT_FALSE(exists("key"));
  EXPECT_EQ(complete(id, {{"1", first}, {"3", third}}).status, 200);
  EXPECT_EQ(bucket->open_uploads(), 0U);
  const auto read = bucket->ask("GET", "/storage/v1/b/" + of_bucket() + "/o/key?alt=media");
  EXPECT_TRUE(read.body == large + "three");
  EXPECT_EQ(complete(id, {{"1", first}}).status, 404);
}

TEST_F(GcsFakeRulesTest, uploads_end_once) {
  const auto id = initiate();
  EXPECT_EQ(bucket->ask("DELETE", object("uploadId=" + id)).status, 204);
  const auto again = bucket->ask("DELETE", object("uploadId=" + id));
  EXPECT_EQ(again.status, 404);
  EXPECT_EQ(element(again.body, "Code"), "NoSuchUpload");
}

TEST_F(GcsFakeRulesTest, requests_need_what_the_documents_require) {
  const struct {
    std::string method;
    std::string target;
    std::string body;
    HttpHeaders headers;
    int status;
  } cases[] = {
      {"POST", "/no-bucket/key?uploads", "", {}, 404},
      {"GET", "/no-bucket?uploads", "", {}, 404},
      {"POST", object("uploads"), "body", {}, 400},
      {"POST", object("uploads"), "", {{"x-goog-custom-time", "tomorrow"}}, 400},
      {"POST", object("uploads"), "", {{"x-goog-meta-k", std::string(9000, 'v')}}, 400},
      {"POST", "/" + of_bucket() + "/" + std::string(1025, 'k') + "?uploads", "", {}, 400},
      {"POST", "/" + of_bucket() + "/a%0Ab?uploads", "", {}, 400},
      {"PATCH", object("uploadId=1"), "", {}, 405},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(bucket->ask(c.method, c.target, c.body, c.headers).status, c.status)
        << c.method << ' ' << c.target.substr(0, 60);
  }
}

}  // namespace
}  // namespace objectstore::testing
