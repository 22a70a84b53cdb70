#include "cloud/object_fields.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace objectstore {
namespace {

using namespace std::chrono_literals;

Metadata full_metadata() {
  Metadata metadata;
  metadata.expiration = *ExpirationPolicy::parse("tti:400d 1m 30s");
  metadata.time_created = WallTime(1'776'692'220s + 123'456us);
  metadata.time_expires = WallTime(1'811'252'310s);
  metadata.origin = "203.0.113.7";
  metadata.filename = "report \"1\".txt";
  metadata.custom = {{"build-id", "9001"}, {"empty", ""}};
  return metadata;
}

TEST(ObjectFields, every_field_by_its_name) {
  const ObjectFields expected = {
      {"x-sn-expiration", "tti:400d 1m 30s"},
      {"x-sn-time-created", "2026-04-20T13:37:00.123456Z"},
      {"x-sn-time-expires", "2027-05-25T13:38:30.000000Z"},
      {"x-sn-origin", "203.0.113.7"},
      {"x-sn-filename", "report \"1\".txt"},
      {"x-snme-build-id", "9001"},
      {"x-snme-empty", ""},
  };
  EXPECT_EQ(fields_from_metadata(full_metadata(), {}), expected);
  EXPECT_TRUE(fields_from_metadata(Metadata(), {}).empty());
}

TEST(ObjectFields, times_that_the_store_holds_are_left_out) {
  const auto has = [](const ObjectFields& fields, std::string_view name) {
    return std::any_of(fields.begin(), fields.end(),
                       [&](const auto& field) { return field.first == name; });
  };
  const auto none = fields_from_metadata(full_metadata(), {false, false});
  EXPECT_FALSE(has(none, "x-sn-time-created"));
  EXPECT_FALSE(has(none, "x-sn-time-expires"));
  const auto created = fields_from_metadata(full_metadata(), {true, false});
  EXPECT_TRUE(has(created, "x-sn-time-created"));
  EXPECT_FALSE(has(created, "x-sn-time-expires"));
}

TEST(ObjectFields, what_is_written_is_read_again) {
  auto early = full_metadata();
  early.time_created = WallTime();
  auto late = full_metadata();
  late.time_expires = WallTime(std::chrono::sys_days(std::chrono::year(2262) / 4 / 9));
  for (const auto& metadata : {full_metadata(), Metadata(), early, late}) {
    Metadata read;
    EXPECT_TRUE(metadata_from_fields(fields_from_metadata(metadata, {}), true, read).ok());
    EXPECT_EQ(read, metadata);
  }
}

TEST(ObjectFields, reading_keeps_what_the_fields_do_not_say) {
  auto metadata = full_metadata();
  EXPECT_TRUE(metadata_from_fields({{"x-sn-origin", "other"}}, true, metadata).ok());
  auto expected = full_metadata();
  expected.origin = "other";
  EXPECT_EQ(metadata, expected);
}

TEST(ObjectFields, bad_values_are_corrupt_and_named) {
  const std::pair<std::string, std::string> cases[] = {
      {"x-sn-expiration", ""},
      {"x-sn-expiration", "ttl"},
      {"x-sn-expiration", "ttl:-1s"},
      {"x-sn-expiration", "never"},
      {"x-sn-time-created", ""},
      {"x-sn-time-created", "1776692220"},
      {"x-sn-time-created", "2026-04-20"},
      {"x-sn-time-expires", "2026-13-20T13:37:00Z"},
      {"x-sn-time-expires", "1969-12-31T23:59:59Z"},
  };
  for (const auto& [name, value] : cases) {
    for (const bool strict : {false, true}) {
      Metadata metadata;
      const auto read = metadata_from_fields({{name, value}}, strict, metadata);
      ASSERT_FALSE(read.ok()) << name << "=" << value;
      EXPECT_EQ(read.error().code(), ErrorCode::corrupt);
      EXPECT_NE(read.error().message().find(name), std::string::npos);
    }
  }
}

TEST(ObjectFields, unknown_fields) {
  for (const std::string name : {"x-sn-other", "x-sn-", "x-snme", "goog-reserved", ""}) {
    Metadata metadata;
    EXPECT_TRUE(metadata_from_fields({{name, "x"}}, false, metadata).ok()) << name;
    EXPECT_EQ(metadata, Metadata());
    const auto read = metadata_from_fields({{name, "x"}}, true, metadata);
    ASSERT_FALSE(read.ok()) << name;
    EXPECT_EQ(read.error().code(), ErrorCode::corrupt);
  }
}

TEST(ObjectFields, content_headers) {
  Metadata metadata;
  EXPECT_TRUE(set_content_headers("text/plain; charset=utf-8", "zstd", metadata).ok());
  EXPECT_EQ(metadata.content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(metadata.compression, Compression::zstd);
  EXPECT_TRUE(set_content_headers("text/plain", "", metadata).ok());
  EXPECT_EQ(metadata.compression, std::nullopt);

  const struct {
    std::string type;
    std::string encoding;
    std::string message;
  } cases[] = {
      {"text/plain", "gzip", "metadata error: invalid compression value"},
      {"text/plain", "ZSTD", "metadata error: invalid compression value"},
      {"text", "", "metadata error: invalid content type"},
      {"", "zstd", "metadata error: invalid content type"},
  };
  for (const auto& [type, encoding, message] : cases) {
    const auto set = set_content_headers(type, encoding, metadata);
    ASSERT_FALSE(set.ok()) << type << encoding;
    EXPECT_EQ(set.error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(set.error().message(), message);
    EXPECT_EQ(metadata.content_type, "text/plain");
  }
}

}  // namespace
}  // namespace objectstore
