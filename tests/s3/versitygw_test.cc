// The store on a server that verifies signatures and checksums.
#include <gmock/gmock.h>

#include "s3/s3_server.h"
#include "testing/row_values.h"
#include "testing/run.h"
#include "testing/some_bytes.h"

namespace objectstore::testing {
namespace {

using ::testing::HasSubstr;

class VersitygwTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto* server = S3Server::versitygw();
    if (server == nullptr) GTEST_SKIP() << "OBJECTSTORE_S3_SERVER is not set";
    S3Settings settings;
    settings.part_bytes = 5 << 20;
    bucket_ = std::make_unique<S3TestBucket>(*server, settings);
  }
  static std::string bytes_of(std::size_t size) { return some_bytes(size); }
  Result<void> write(S3Store& store, const std::string& payload,
                     const Metadata& metadata = Metadata()) {
    return run(write_all(store, payload, metadata));
  }
  Result<std::string> read(S3Store& store) { return run(read_all(store)); }

  const Revision name_ = revision_of("u/org.1/objects/k", 1);
  std::unique_ptr<S3TestBucket> bucket_;

 private:
  Task<Result<void>> write_all(S3Store& store, std::string payload, Metadata metadata) {
    CO_TRY_ASSIGN(const auto writer, co_await store.create(name_, metadata));
    CO_TRY(co_await writer->begin());
    constexpr std::size_t piece = 1'000'003;
    for (std::size_t at = 0; at < payload.size(); at += piece) {
      CO_TRY(co_await writer->append(std::string_view(payload).substr(at, piece)));
    }
    co_return co_await writer->finish();
  }
  Task<Result<std::string>> read_all(S3Store& store) {
    CO_TRY_ASSIGN(const auto reader, co_await store.open(name_));
    if (!reader) co_return Error(ErrorCode::internal, "absent");
    const auto stream = reader->stream(ByteRange{0, reader->size()});
    std::string all;
    for (;;) {
      CO_TRY_ASSIGN(const auto piece, co_await stream->next());
      if (piece.empty()) co_return all;
      all += piece;
    }
  }
};

TEST_F(VersitygwTest, payloads_of_several_parts_come_back_with_their_metadata) {
  Metadata metadata;
  metadata.content_type = "text/plain; charset=utf-8";
  metadata.filename = "a  b;c=d.txt";
  metadata.custom = {{"name", "v;w = x"}};
  for (const std::size_t size : {5U << 20, (5U << 20) + 1, 16'000'000U}) {
    const auto payload = bytes_of(size);
    const auto written = write(bucket_->store(), payload, metadata);
    ASSERT_TRUE(written.ok()) << written.error().describe();
    const auto read_back = read(bucket_->store());
    ASSERT_TRUE(read_back.ok()) << read_back.error().describe();
    EXPECT_TRUE(*read_back == payload);
    const auto reader = run(bucket_->store().open(name_));
    ASSERT_TRUE(reader.ok());
    EXPECT_EQ((*reader)->metadata(), metadata);
    ASSERT_TRUE(run(bucket_->store().discard(name_, "")).ok());
  }
  EXPECT_EQ(bucket_->open_uploads(), 0U);
}

TEST_F(VersitygwTest, the_server_keeps_and_tells_the_checksum_of_the_whole) {
  for (const std::size_t size : {100U, 12'000'000U}) {
    const auto payload = bytes_of(size);
    ASSERT_TRUE(write(bucket_->store(), payload).ok());
    const auto head =
        bucket_->ask("HEAD", "/" + name_.path(), "", {{"x-amz-checksum-mode", "ENABLED"}});
    Crc32c crc;
    crc.update(payload);
    EXPECT_EQ(find_header(head.headers, "x-amz-checksum-crc32c"), crc.base64());
    EXPECT_EQ(find_header(head.headers, "x-amz-checksum-type"), "FULL_OBJECT");
    ASSERT_TRUE(run(bucket_->store().discard(name_, "")).ok());
  }
}

TEST_F(VersitygwTest, an_upload_of_several_parts_does_not_replace) {
  ASSERT_TRUE(write(bucket_->store(), "first").ok());
  const auto written = write(bucket_->store(), bytes_of(6'000'000));
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code(), ErrorCode::conflict) << written.error().describe();
  EXPECT_EQ(read(bucket_->store()).value(), "first");
}

TEST_F(VersitygwTest, a_discard_ends_an_upload_under_way_for_good) {
  const auto writer = run(bucket_->store().create(name_, Metadata()));
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE(run((*writer)->begin()).ok());
  ASSERT_TRUE(run((*writer)->append(bytes_of(6'000'000))).ok());
  EXPECT_EQ(bucket_->open_uploads(), 1U);
  const auto discarded = run(bucket_->store().discard(name_, ""));
  ASSERT_TRUE(discarded.ok()) << discarded.error().describe();
  EXPECT_EQ(*discarded, Discarded::for_good);
  EXPECT_EQ(bucket_->open_uploads(), 0U);
  EXPECT_FALSE(run((*writer)->finish()).ok());
  EXPECT_EQ(bucket_->open_uploads(), 0U);
}

TEST_F(VersitygwTest, bad_credentials_are_refused_with_the_reason) {
  struct Case {
    AwsCredentials credentials;
    const char* text;
  };
  const Case cases[] = {{{"access", "another secret", ""}, "SignatureDoesNotMatch"},
                        {{"nobody", "secret/key+", ""}, "No user exists"}};
  for (const auto& [credentials, text] : cases) {
    FixedCredentials source(credentials);
    S3Authorizer authorizer(source, bucket_->clock(), "us-east-1");
    const auto store = bucket_->another_store(bucket_->settings(), authorizer);
    const auto written = write(*store, "payload");
    ASSERT_FALSE(written.ok());
    EXPECT_THAT(written.error().describe(), HasSubstr(text));
    EXPECT_FALSE(run(store->list_blobs("", 10)).ok());
    EXPECT_FALSE(run(store->open(name_)).ok());
    EXPECT_FALSE(run(store->discard(name_, "")).ok());
  }
  const auto page = run(bucket_->store().list_blobs("", 10));
  ASSERT_TRUE(page.ok());
  EXPECT_TRUE(page->blobs.empty());
}

TEST_F(VersitygwTest, a_wrong_region_is_named) {
  FixedCredentials source(S3Server::credentials());
  S3Authorizer authorizer(source, bucket_->clock(), "eu-west-1");
  auto settings = bucket_->settings();
  settings.region = "eu-west-1";
  const auto store = bucket_->another_store(settings, authorizer);
  const auto listed = run(store->list_blobs("", 10));
  ASSERT_FALSE(listed.ok());
  EXPECT_THAT(listed.error().describe(), HasSubstr("region"));
}

TEST_F(VersitygwTest, a_missing_bucket_is_named_and_not_taken_for_missing_objects) {
  FixedCredentials source(S3Server::credentials());
  S3Authorizer authorizer(source, bucket_->clock(), "us-east-1");
  auto settings = bucket_->settings();
  settings.bucket = "nowhere";
  const auto store = bucket_->another_store(settings, authorizer);
  const auto opened = run(store->open(name_));
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(opened.error().describe(), HasSubstr("`nowhere`"));
  EXPECT_FALSE(run(store->discard(name_, "")).ok());
  EXPECT_FALSE(run(store->list_blobs("", 10)).ok());
  EXPECT_FALSE(write(*store, "payload").ok());
}

TEST_F(VersitygwTest, a_clock_that_is_off_is_named) {
  class LateClock final : public Clock {
   public:
    explicit LateClock(const Clock& clock) : clock_(clock) {}
    [[nodiscard]] WallTime now() const override { return clock_.now() - std::chrono::hours(1); }
    [[nodiscard]] MonotonicTime monotonic_now() const override { return clock_.monotonic_now(); }
    [[nodiscard]] Task<void> sleep_until(MonotonicTime) override { co_return; }

   private:
    const Clock& clock_;
  };
  const LateClock late(bucket_->clock());
  FixedCredentials source(S3Server::credentials());
  S3Authorizer authorizer(source, late, "us-east-1");
  const auto store = bucket_->another_store(bucket_->settings(), authorizer);
  const auto listed = run(store->list_blobs("", 10));
  ASSERT_FALSE(listed.ok());
  EXPECT_THAT(listed.error().describe(), HasSubstr("clock"));
}

TEST_F(VersitygwTest, deadlines_in_objects_are_moved) {
  auto settings = bucket_->settings();
  settings.replace = true;
  settings.deadlines_in_objects = true;
  settings.max_copy_bytes = 5 << 20;
  FixedCredentials source(S3Server::credentials());
  S3Authorizer authorizer(source, bucket_->clock(), "us-east-1");
  const auto store = bucket_->another_store(settings, authorizer);
  Metadata metadata;
  metadata.expiration = ExpirationPolicy::parse("tti:1h").value();
  metadata.time_expires = bucket_->now() + std::chrono::hours(1);
  metadata.custom = {{"name", "value"}};
  for (const std::size_t size : {100U, 6'000'000U}) {
    const auto payload = bytes_of(size);
    ASSERT_TRUE(write(*store, payload, metadata).ok());
    const auto later = *metadata.time_expires + std::chrono::hours(1);
    const auto extended = run(store->extend(name_, later));
    ASSERT_TRUE(extended.ok()) << extended.error().describe();
    EXPECT_TRUE(*extended);
    const auto reader = run(store->open(name_));
    ASSERT_TRUE(reader.ok() && *reader);
    auto expected = metadata;
    expected.time_expires = later;
    EXPECT_EQ((*reader)->metadata(), expected);
    const auto read_back = read(*store);
    ASSERT_TRUE(read_back.ok()) << read_back.error().describe();
    EXPECT_TRUE(*read_back == payload);
  }
}

}  // namespace
}  // namespace objectstore::testing
