#include "backends/s3/object_headers.h"

#include <gtest/gtest.h>

namespace objectstore {
namespace {

Metadata full_metadata() {
  Metadata metadata;
  metadata.expiration = ExpirationPolicy::parse("tti:1h").value();
  metadata.time_created = from_unix_ms(1'750'000'000'123);
  metadata.time_expires = from_unix_ms(1'750'003'600'123);
  metadata.content_type = "text/plain";
  metadata.compression = Compression::zstd;
  metadata.origin = "203.0.113.7";
  metadata.filename = "a b.txt";
  metadata.custom = {{"build-id", "9001"}};
  return metadata;
}

TEST(S3ObjectHeaders, golden_headers_of_both_dialects) {
  const HttpHeaders amazon = {{"content-type", "text/plain"},
                              {"content-encoding", "zstd"},
                              {"x-amz-meta-x-sn-expiration", "tti:1h"},
                              {"x-amz-meta-x-sn-time-created", "2025-06-15T15:06:40.123000Z"},
                              {"x-amz-meta-x-sn-time-expires", "2025-06-15T16:06:40.123000Z"},
                              {"x-amz-meta-x-sn-origin", "203.0.113.7"},
                              {"x-amz-meta-x-sn-filename", "a b.txt"},
                              {"x-amz-meta-x-snme-build-id", "9001"},
                              {"x-amz-meta-x-sn-upload", "mark"}};
  EXPECT_EQ(headers_of_object(full_metadata(), "mark", S3Dialect::amazon), amazon);
  const HttpHeaders reference = {{"content-type", "text/plain"},
                                 {"content-encoding", "zstd"},
                                 {"x-goog-meta-x-sn-expiration", "tti:1h"},
                                 {"x-goog-meta-x-sn-time-created", "2025-06-15T15:06:40.123000Z"},
                                 {"x-goog-meta-x-sn-time-expires", "2025-06-15T16:06:40.123000Z"},
                                 {"x-goog-meta-x-sn-origin", "203.0.113.7"},
                                 {"x-goog-meta-x-sn-filename", "a b.txt"},
                                 {"x-goog-meta-x-snme-build-id", "9001"},
                                 {"x-goog-custom-time", "2025-06-15T16:06:40Z"}};
  EXPECT_EQ(headers_of_object(full_metadata(), "", S3Dialect::reference), reference);
}

TEST(S3ObjectHeaders, metadata_comes_back_as_it_was) {
  for (const auto dialect : {S3Dialect::amazon, S3Dialect::reference}) {
    const std::string mark = dialect == S3Dialect::amazon ? "mark" : "";
    auto headers = headers_of_object(full_metadata(), mark, dialect);
    headers.emplace_back("content-length", "5");
    headers.emplace_back("etag", "\"e\"");
    headers.emplace_back("x-amz-meta-foreign", "ignored");
    const auto object = read_object_headers(headers, dialect);
    ASSERT_TRUE(object.ok()) << object.error().describe();
    EXPECT_EQ(object->metadata, full_metadata());
    EXPECT_EQ(object->size, 5U);
    EXPECT_EQ(object->etag, "\"e\"");
    EXPECT_EQ(object->mark, mark);
  }
}

TEST(S3ObjectHeaders, only_checksums_of_the_whole_object_count) {
  struct Case {
    HttpHeaders headers;
    std::string crc32c;
  };
  const Case cases[] = {
      {{}, ""},
      {{{"x-amz-checksum-crc32c", "yZRlqg=="}}, "yZRlqg=="},
      {{{"x-amz-checksum-crc32c", "yZRlqg=="}, {"x-amz-checksum-type", "FULL_OBJECT"}}, "yZRlqg=="},
      {{{"x-amz-checksum-crc32c", "yZRlqg=="}, {"x-amz-checksum-type", "COMPOSITE"}}, ""},
      {{{"x-amz-checksum-crc32c", "yZRlqg==-3"}}, ""},
  };
  for (const auto& test : cases) {
    auto headers = test.headers;
    headers.emplace_back("content-length", "5");
    const auto object = read_object_headers(headers, S3Dialect::amazon);
    ASSERT_TRUE(object.ok());
    EXPECT_EQ(object->crc32c, test.crc32c);
  }
}

TEST(S3ObjectHeaders, what_cannot_be_an_object_is_an_error) {
  struct Case {
    HttpHeaders headers;
    ErrorCode code;
  };
  const Case cases[] = {
      {{}, ErrorCode::unavailable},
      {{{"content-length", "x"}}, ErrorCode::unavailable},
      {{{"content-length", "5"}, {"content-encoding", "gzip"}}, ErrorCode::invalid_argument},
      {{{"content-length", "5"}, {"x-amz-meta-x-sn-expiration", "soon"}}, ErrorCode::corrupt},
      {{{"content-length", "5"}, {"x-amz-meta-x-sn-time-expires", "soon"}}, ErrorCode::corrupt},
  };
  for (const auto& test : cases) {
    const auto object = read_object_headers(test.headers, S3Dialect::amazon);
    ASSERT_FALSE(object.ok());
    EXPECT_EQ(object.error().code(), test.code) << object.error().describe();
  }
}

}  // namespace
}  // namespace objectstore
