#include "backends/gcs/object_resource.h"

#include <gtest/gtest.h>

#include "testing/row_values.h"

namespace objectstore {
namespace {

using namespace std::chrono_literals;

TEST(ObjectResourceTest, a_full_resource_is_written_as_documented) {
  Metadata metadata;
  metadata.expiration = ExpirationPolicy::parse("tti:1h").value();
  metadata.time_created = from_unix_ms(1);
  metadata.time_expires = from_unix_ms(1'776'695'820'123);
  metadata.content_type = "text/plain";
  metadata.compression = Compression::zstd;
  metadata.origin = "203.0.113.7";
  metadata.filename = "a \"b\"";
  metadata.custom = {{"build-id", "9001"}, {"empty", ""}};
  EXPECT_EQ(write_resource(metadata),
            "{\"contentEncoding\":\"zstd\",\"contentType\":\"text/plain\","
            "\"customTime\":\"2026-04-20T14:37:00.123000Z\",\"metadata\":{"
            "\"x-sn-expiration\":\"tti:1h\",\"x-sn-filename\":\"a \\\"b\\\"\","
            "\"x-sn-origin\":\"203.0.113.7\",\"x-snme-build-id\":\"9001\",\"x-snme-empty\":\"\"}}");
  EXPECT_EQ(write_resource(Metadata()), "{\"contentType\":\"application/octet-stream\"}");
}

TEST(ObjectResourceTest, what_is_written_is_read_back) {
  Metadata metadata;
  metadata.expiration = ExpirationPolicy::parse("ttl:30s").value();
  metadata.time_expires = from_unix_ms(1'776'695'820'123);
  metadata.content_type = "a/b";
  metadata.compression = Compression::zstd;
  metadata.filename = "f";
  metadata.custom = {{"k", "v"}};
  const auto read = read_object_metadata(write_resource(metadata));
  ASSERT_TRUE(read.ok()) << read.error().describe();
  EXPECT_EQ(*read, metadata);
}

TEST(ObjectResourceTest, custom_times_are_never_too_early) {
  const auto time = from_unix_ms(1'776'695'820'000);
  EXPECT_EQ(custom_time(time), "2026-04-20T14:37:00.000000Z");
  EXPECT_EQ(custom_time(time + 1ns), "2026-04-20T14:37:00.000001Z");
  EXPECT_EQ(custom_time_seconds(time), "2026-04-20T14:37:00Z");
  EXPECT_EQ(custom_time_seconds(time + 1ns), "2026-04-20T14:37:01Z");
  EXPECT_EQ(custom_time(WallTime::max()), "2262-04-11T23:47:16.000000Z");
  EXPECT_EQ(custom_time_seconds(WallTime::max()), "2262-04-11T23:47:16Z");
  EXPECT_EQ(write_custom_time(time), "{\"customTime\":\"2026-04-20T14:37:00.000000Z\"}");
}

TEST(ObjectResourceTest, resources_of_others_are_read_or_refused) {
  const struct {
    std::string json;
    std::optional<ErrorCode> error;
  } cases[] = {
      {R"({"contentType":"a/b"})", std::nullopt},
      {R"({"contentType":"a/b","metadata":{}})", std::nullopt},
      {R"({"contentType":"a/b","metadata":{"x_emulator_upload":"resumable"}})", std::nullopt},
      {R"({"contentType":"a/b","metadata":{"x_testbench_upload":"x","x-snme-a":"b"}})",
       std::nullopt},
      {R"({"contentType":"a/b","md5Hash":"x","unknown":1})", std::nullopt},
      {R"({"contentType":"a/b","metadata":{"other":"x"}})", ErrorCode::corrupt},
      {R"({"contentType":"a/b","metadata":{"x-sn-time-created":"x"}})", ErrorCode::corrupt},
      {R"({"contentType":"a/b","metadata":{"x-sn-expiration":"soon"}})", ErrorCode::corrupt},
      {R"({"contentType":"a/b","metadata":{"x-snme-a":1}})", ErrorCode::corrupt},
      {R"({"contentType":"a/b","metadata":[]})", ErrorCode::corrupt},
      {R"({"contentType":"a/b","customTime":"yesterday"})", ErrorCode::corrupt},
      {R"({"contentType":"a/b","contentEncoding":"zstd"})", std::nullopt},
      {R"({"contentType":"a/b","contentEncoding":"gzip"})", ErrorCode::invalid_argument},
      {R"({"size":"1"})", ErrorCode::corrupt},
      {R"([])", ErrorCode::corrupt},
      {"<html>", ErrorCode::corrupt},
      {"", ErrorCode::corrupt},
  };
  for (const auto& c : cases) {
    const auto read = read_object_metadata(c.json);
    EXPECT_EQ(read.ok(), !c.error) << c.json;
    if (!read.ok() && c.error) {
      EXPECT_EQ(read.error().code(), *c.error) << c.json;
    }
  }
}

TEST(ObjectResourceTest, the_store_s_times_are_the_object_s) {
  const auto read = read_object_metadata(
      R"({"contentType":"a/b","timeCreated":"2026-04-20T13:37:00.5Z",)"
      R"("customTime":"2026-04-20T16:37:00+02:00","metadata":{"x-sn-expiration":"ttl:1h"}})");
  ASSERT_TRUE(read.ok()) << read.error().describe();
  EXPECT_EQ(read->time_created, from_unix_ms(1'776'692'220'500));
  EXPECT_EQ(read->time_expires, from_unix_ms(1'776'695'820'000));
}

TEST(ObjectResourceTest, sizes_are_strings_of_digits) {
  EXPECT_EQ(read_stored_object(R"({"size":"5","crc32c":"x","generation":"9"})")->size, 5U);
  for (const std::string json : {R"({"size":5})", R"({"size":""})", R"({"size":"-1"})",
                                 R"({"size":"5x"})", R"({})", R"("x")", ""}) {
    const auto read = read_stored_object(json);
    ASSERT_FALSE(read.ok()) << json;
    EXPECT_EQ(read.error().code(), ErrorCode::unavailable);
  }
}

}  // namespace
}  // namespace objectstore
