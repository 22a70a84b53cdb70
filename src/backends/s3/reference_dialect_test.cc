// The existing service's `s3compatible` (storage-formats.md section 7): nobody is asked who he is.
#include <gmock/gmock.h>

#include "backends/s3/test_support.h"

namespace objectstore::s3_test {
namespace {

class ReferenceDialectTest : public S3Test {
 protected:
  ReferenceDialectTest() {
    settings.dialect = S3Dialect::reference;
    settings.replace = true;
    settings.deadlines_in_objects = true;
    settings.part_bytes = 1'000;
    settings.endpoint = s3_server.url();
    settings.bucket = "bucket";
    const S3Environment environment{*client, nobody, pool, retry_clock, random, logger};
    close();
    store = S3Store::make(settings, environment, io.get_executor()).value();
    metadata.expiration = ExpirationPolicy::parse("tti:1h").value();
    metadata.time_expires = first;
    metadata.content_type = "text/plain";
    metadata.custom = {{"name", "value"}};
  }

  Anonymous nobody;
  Metadata metadata;
  const WallTime first = from_unix_ms(1'750'000'000'000);
};

TEST_F(ReferenceDialectTest, objects_are_put_whole_and_read_back) {
  const std::string payload(5'000, 'p');
  const auto written = write(payload, metadata);
  ASSERT_TRUE(written.ok()) << written.error().describe();
  ASSERT_EQ(s3_server.requests().size(), 1U);
  const auto& put = s3_server.requests().back();
  EXPECT_EQ(put.method, "PUT");
  EXPECT_EQ(put.target, "/bucket/" + key());
  EXPECT_EQ(put.header("x-goog-meta-x-sn-expiration"), "tti:1h");
  EXPECT_EQ(put.header("x-goog-custom-time"), "2025-06-15T15:06:40Z");
  EXPECT_EQ(read_whole().value(), payload);
  EXPECT_EQ(read({10, 20}).value(), payload.substr(10, 20));
  const auto reader = finish(store->open(name));
  ASSERT_TRUE(reader.ok() && *reader);
  EXPECT_EQ((*reader)->metadata(), metadata);
}

TEST_F(ReferenceDialectTest, nothing_of_amazons_own_is_sent) {
  ASSERT_TRUE(write("payload", metadata).ok());
  ASSERT_TRUE(finish(store->extend(name, first + std::chrono::hours(1))).ok());
  ASSERT_TRUE(read_whole().ok());
  ASSERT_TRUE(finish(store->discard(name, "")).ok());
  for (const auto& request : s3_server.requests()) {
    EXPECT_EQ(request.header("authorization"), "");
    EXPECT_EQ(request.header("if-none-match"), "");
    for (const auto& [header, value] : request.headers)
      EXPECT_FALSE(header.starts_with("x-amz-")) << header;
  }
}

TEST_F(ReferenceDialectTest, a_deadline_is_moved_by_a_copy) {
  ASSERT_TRUE(write("payload", metadata).ok());
  const auto later = first + std::chrono::hours(1);
  const auto extended = finish(store->extend(name, later));
  ASSERT_TRUE(extended.ok()) << extended.error().describe();
  EXPECT_TRUE(*extended);
  const auto& copy = s3_server.requests().back();
  EXPECT_EQ(copy.header("x-goog-copy-source"), "/bucket/" + key());
  EXPECT_EQ(copy.header("x-goog-metadata-directive"), "REPLACE");
  EXPECT_EQ(copy.header("x-goog-custom-time"), "2025-06-15T16:06:40Z");
  const auto reader = finish(store->open(name));
  ASSERT_TRUE(reader.ok() && *reader);
  EXPECT_EQ((*reader)->metadata().time_expires, later);
  EXPECT_EQ(read_whole().value(), "payload");
}

// Nothing tells whose object is there.
TEST_F(ReferenceDialectTest, a_put_without_an_answer_is_an_error_and_not_sent_again) {
  s3.fail({"PUT", key(), std::nullopt, true, 1});
  EXPECT_FALSE(write("payload", metadata).ok());
  EXPECT_EQ(s3_server.requests().size(), 1U);
}

TEST_F(ReferenceDialectTest, absence_is_absence_and_deletes_succeed) {
  EXPECT_EQ(finish(store->open(name)).value(), nullptr);
  s3.fail({"DELETE", key(), answer_with(404), false, 1});
  EXPECT_TRUE(finish(store->discard(name, "")).ok());
  EXPECT_FALSE(finish(store->extend(name, first)).value());
}

TEST_F(ReferenceDialectTest, a_content_encoding_of_others_is_told_as_the_contract_has_it) {
  s3.objects[key()] = {
      "x", {{"content-type", "text/plain"}, {"content-encoding", "gzip"}}, "\"e\""};
  const auto opened = finish(store->open(name));
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code(), ErrorCode::invalid_argument);
  EXPECT_THAT(opened.error().describe(), ::testing::HasSubstr("metadata error"));
}

TEST_F(ReferenceDialectTest, there_are_no_multipart_uploads) {
  const auto initiated = finish(store->initiate(name, metadata));
  ASSERT_FALSE(initiated.ok());
  EXPECT_EQ(initiated.error().code(), ErrorCode::unsupported);
}

}  // namespace
}  // namespace objectstore::s3_test
