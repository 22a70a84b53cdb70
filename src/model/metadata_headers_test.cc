#include "model/metadata_headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace objectstore {
namespace {

using namespace std::literals;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr WallTime created{seconds(1'776'692'220) + nanoseconds(123'456'789)};

TEST(MetadataHeaders, no_headers_give_the_defaults) {
  EXPECT_EQ(*metadata_from_headers({}), Metadata{});
}

TEST(MetadataHeaders, every_header_is_read_in_any_letter_case) {
  Metadata expected;
  expected.content_type = "Text/Plain; charset=utf-8";
  expected.compression = Compression::zstd;
  expected.expiration = {ExpirationKind::time_to_idle, {604'800, 0}};
  expected.origin = "10.0.0.1 \t~";
  expected.filename = "q1.txt";
  expected.custom = {{"build-id", "9001"}, {"", "nameless"}};
  const auto read = metadata_from_headers({{"Content-Type", "Text/Plain; charset=utf-8"},
                                           {"CONTENT-ENCODING", "zstd"},
                                           {"X-Sn-Expiration", "tti:7d"},
                                           {"x-sn-Origin", "10.0.0.1 \t~"},
                                           {"X-SN-FILENAME", "q1.txt"},
                                           {"X-Snme-Build-Id", "9001"},
                                           {"X-SNME-", "nameless"}});
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, expected);
}

TEST(MetadataHeaders, what_the_server_sets_and_what_it_does_not_know_is_ignored) {
  const auto read = metadata_from_headers({{"x-sn-time-created", "yesterday \xff"},
                                           {"X-Sn-Time-Expires", ""},
                                           {"x-sn-size", "\x01"},
                                           {"x-snm", "1"},
                                           {"x", "1"},
                                           {"", "1"},
                                           {"content-length", "\xff"},
                                           {"host", "\xff"}});
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, Metadata{});
}

TEST(MetadataHeaders, empty_texts_are_kept) {
  const auto read =
      metadata_from_headers({{"x-sn-origin", ""}, {"x-sn-filename", ""}, {"x-snme-a", ""}});
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->origin, "");
  EXPECT_EQ(read->filename, "");
  EXPECT_EQ(read->custom, (std::map<std::string, std::string>{{"a", ""}}));
}

TEST(MetadataHeaders, the_last_of_several_counts_but_all_are_checked) {
  const auto read = metadata_from_headers({{"content-type", "a/b"},
                                           {"x-snme-A", "1"},
                                           {"x-sn-expiration", "ttl:1h"},
                                           {"content-type", "c/d"},
                                           {"x-snme-a", "2"},
                                           {"x-sn-expiration", "manual"}});
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->content_type, "c/d");
  EXPECT_EQ(read->custom.at("a"), "2");
  EXPECT_EQ(read->expiration, ExpirationPolicy{});
  EXPECT_FALSE(metadata_from_headers({{"content-type", "bad"}, {"content-type", "c/d"}}).ok());
  EXPECT_FALSE(metadata_from_headers({{"x-sn-origin", "\xff"}, {"x-sn-origin", "a"}}).ok());
}

TEST(MetadataHeaders, refusals_carry_the_chain_of_the_contract) {
  struct Case {
    HeaderView header;
    std::vector<std::string> inner;
  };
  const std::vector<std::string> not_text = {"error dealing with http headers"};
  const std::string bad_type = "invalid content type";
  const std::string bad_policy = "invalid expiration policy value";
  const Case cases[] = {
      {{"content-type", ""}, {bad_type, "Invalid type name"}},
      {{"content-type", "a/@"}, {bad_type, "Invalid subtype name"}},
      {{"content-type", "a/b;c"}, {bad_type, "Invalid params"}},
      {{"content-type", "a/b;c=\"\xc3\xa9\""}, not_text},
      {{"content-encoding", ""}, {"invalid compression value"}},
      {{"content-encoding", "gzip"}, {"invalid compression value"}},
      {{"content-encoding", "Zstd"}, {"invalid compression value"}},
      {{"content-encoding", "zstd\x7f"}, not_text},
      {{"x-sn-expiration", ""}, {bad_policy}},
      {{"x-sn-expiration", "never"}, {bad_policy}},
      {{"x-sn-expiration", "ttl:1x"}, {bad_policy, "unknown time unit \"x\""}},
      {{"x-sn-expiration", "ttl:1\xc2\xb5s"}, not_text},
      {{"x-sn-origin", "\xc3\xa9"}, not_text},
      {{"x-sn-filename", "a\x1f"}, not_text},
      {{"x-snme-a", "\x7f"}, not_text},
  };
  for (const auto& [header, inner] : cases) {
    const auto read = metadata_from_headers({header});
    ASSERT_FALSE(read.ok()) << header.second;
    const std::string message = "metadata error: " + inner.front();
    std::vector<std::string> causes = inner;
    causes.insert(causes.begin(), message);
    EXPECT_EQ(read.error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(read.error().message(), message);
    EXPECT_EQ(read.error().causes(), causes);
  }
}

Metadata full_metadata() {
  Metadata metadata;
  metadata.content_type = "text/plain";
  metadata.compression = Compression::zstd;
  metadata.expiration = {ExpirationKind::time_to_live, {90, 0}};
  metadata.time_created = created;
  metadata.time_expires = created + seconds(90);
  metadata.origin = "here";
  metadata.filename = "a/b.txt";
  metadata.size = 5;
  metadata.custom = {{"a", "1"}, {"b", ""}};
  return metadata;
}

TEST(MetadataHeaders, headers_of_a_read) {
  const HeaderList expected = {
      {"content-type", "text/plain"},
      {"content-encoding", "zstd"},
      {"x-sn-expiration", "ttl:1m 30s"},
      {"x-sn-time-created", "2026-04-20T13:37:00.123456Z"},
      {"x-sn-time-expires", "2026-04-20T13:38:30.123456Z"},
      {"x-sn-origin", "here"},
      {"x-sn-filename", "a/b.txt"},
      {"content-disposition", "attachment; filename=\"a-b.txt\""},
      {"x-snme-a", "1"},
      {"x-snme-b", ""},
  };
  EXPECT_EQ(headers_from_metadata(full_metadata(), true), expected);
}

TEST(MetadataHeaders, batch_parts_have_no_content_disposition) {
  EXPECT_THAT(headers_from_metadata(full_metadata(), false),
              testing::Not(testing::Contains(testing::Key("content-disposition"))));
}

TEST(MetadataHeaders, manual_objects_show_neither_policy_nor_deadline) {
  Metadata metadata;
  metadata.time_expires = created;
  const HeaderList expected = {{"content-type", "application/octet-stream"}};
  EXPECT_EQ(headers_from_metadata(metadata, true), expected);
}

TEST(MetadataHeaders, stored_values_that_break_http_are_left_out) {
  Metadata metadata;
  metadata.origin = "a\r\nset-cookie: b";
  metadata.filename = "a\nb";
  metadata.custom = {{"a", "x\ny"}, {"b c", "1"}, {"d\r\n", "1"}, {"e:", "1"}, {"ok", "1"}};
  const HeaderList expected = {{"content-type", "application/octet-stream"}, {"x-snme-ok", "1"}};
  EXPECT_EQ(headers_from_metadata(metadata, true), expected);
}

TEST(MetadataHeaders, what_was_emitted_is_read_back) {
  auto metadata = full_metadata();
  const auto headers = headers_from_metadata(metadata, true);
  const auto read = metadata_from_headers({headers.begin(), headers.end()});
  metadata.time_created.reset();
  metadata.time_expires.reset();
  metadata.size.reset();
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, metadata);
}

TEST(MetadataHeaders, content_disposition_values) {
  const std::pair<std::string_view, std::optional<std::string>> cases[] = {
      {"q1.txt", "attachment; filename=\"q1.txt\""},
      {"a/b\\c", "attachment; filename=\"a-b-c\""},
      {"", "attachment; filename=\"\""},
      {".", "attachment; filename=\"-\""},
      {"...", "attachment; filename=\"---\""},
      {"./.", "attachment; filename=\".-.\""},
      {"..a", "attachment; filename=\"..a\""},
      {"say \"hi\"", "attachment; filename=\"say \\\"hi\\\"\""},
      {"a;b%20'c", "attachment; filename=\"a;b%20'c\""},
      {"a\tb", "attachment; filename=\"a\tb\""},
      {"a\nb", std::nullopt},
      {"a\0b"sv, std::nullopt},
      {"\x7f", std::nullopt},
  };
  for (const auto& [filename, expected] : cases) {
    EXPECT_EQ(content_disposition(filename), expected) << filename;
  }
}

TEST(MetadataHeaders, times_have_six_fraction_digits) {
  const std::pair<WallTime, std::string> cases[] = {
      {created, "2026-04-20T13:37:00.123456Z"},
      {WallTime{}, "1970-01-01T00:00:00.000000Z"},
      {WallTime(nanoseconds(-1)), "1969-12-31T23:59:59.999999Z"},
      {WallTime(seconds(951'782'400)), "2000-02-29T00:00:00.000000Z"},
      {WallTime::max(), "2262-04-11T23:47:16.854775Z"},
      {WallTime::min(), "1677-09-21T00:12:43.145224Z"},
  };
  for (const auto& [time, text] : cases)
    EXPECT_EQ(format_rfc3339_micros(time), text);
}

TEST(MetadataHeaders, times_of_policies_have_nine_fraction_digits_or_none) {
  const std::pair<WallTime, std::string> cases[] = {
      {created, "2026-04-20T13:37:00.123456789Z"},
      {WallTime{}, "1970-01-01T00:00:00Z"},
      {WallTime(nanoseconds(1)), "1970-01-01T00:00:00.000000001Z"},
      {WallTime(nanoseconds(-1)), "1969-12-31T23:59:59.999999999Z"},
      {WallTime(seconds(951'782'400)), "2000-02-29T00:00:00Z"},
  };
  for (const auto& [time, text] : cases)
    EXPECT_EQ(format_rfc3339_nanos(time), text);
}

}  // namespace
}  // namespace objectstore
