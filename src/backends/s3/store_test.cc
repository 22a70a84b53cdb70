#include "backends/s3/store.h"

#include <gmock/gmock.h>

#include "backends/s3/test_support.h"

namespace objectstore::s3_test {
namespace {

using ::testing::HasSubstr;

using S3StoreTest = S3Test;

Metadata idle_metadata(WallTime deadline) {
  Metadata metadata;
  metadata.expiration = ExpirationPolicy::parse("tti:1h").value();
  metadata.time_expires = deadline;
  metadata.content_type = "text/plain";
  metadata.custom = {{"name", "value"}};
  return metadata;
}

TEST_F(S3StoreTest, names_are_as_long_as_s3_takes_them) {
  const std::string longest(1024 - 37, 'k');
  EXPECT_TRUE(store->check_name(longest).ok());
  EXPECT_FALSE(store->check_name(longest + "k").ok());
  EXPECT_FALSE(store->check_name("u/objects/\xff").ok());
  EXPECT_TRUE(store->check_name("u/objects/../a//b \n").ok());
  settings.replace = true;
  renew();
  EXPECT_TRUE(store->check_name(std::string(1024, 'k')).ok());
  EXPECT_FALSE(store->check_name(std::string(1025, 'k')).ok());
}

TEST_F(S3StoreTest, a_discard_is_for_good_only_where_an_upload_was_seen_to_end) {
  ASSERT_TRUE(write("payload").ok());
  auto discarded = finish(store->discard(name, ""));
  ASSERT_TRUE(discarded.ok());
  EXPECT_EQ(*discarded, Discarded::may_appear_later);
  EXPECT_TRUE(s3.objects.empty());

  const auto other = testing::revision_of("u/org.1/objects/k", 2).path();
  s3.uploads = {{"a", {key(), {}, {}}},
                {"b", {key(), {}, {}}},
                {"c", {other, {}, {}}},
                {"d", {key() + "/longer", {}, {}}}};
  discarded = finish(store->discard(name, ""));
  ASSERT_TRUE(discarded.ok());
  EXPECT_EQ(*discarded, Discarded::for_good);
  EXPECT_EQ(s3.uploads.size(), 2U);
  EXPECT_EQ(s3.uploads.count("c") + s3.uploads.count("d"), 2U);

  // Listed, but gone when it is aborted: it may have been completed.
  s3.uploads = {{"a", {key(), {}, {}}}};
  s3.fail({"DELETE", "uploadId=a", refusal_with(404, "NoSuchUpload"), true, 1});
  discarded = finish(store->discard(name, ""));
  ASSERT_TRUE(discarded.ok());
  EXPECT_EQ(*discarded, Discarded::may_appear_later);
}

TEST_F(S3StoreTest, a_discard_that_cannot_see_or_end_all_is_an_error) {
  const HttpServerAnswer denied = refusal_with(403, "AccessDenied");
  const Fault faults[] = {
      {"GET", "?uploads", denied, false, 1},
      {"GET", "?uploads", answer_with(200, "<ListMultipartUploadsResult>"), false, 1},
      {"DELETE", "uploadId=a", denied, false, 1},
      {"DELETE", "uploadId=a", answer_with(204), false, 99},  // goes on being listed
      {"DELETE", key(), std::nullopt, false, 99},
  };
  for (const auto& fault : faults) {
    s3.uploads = {{"a", {key(), {}, {}}}};
    s3.faults = {fault};
    EXPECT_FALSE(finish(store->discard(name, "")).ok());
  }
  s3.faults.clear();
  s3.bucket_exists = false;
  EXPECT_FALSE(finish(store->discard(name, "")).ok());
}

TEST_F(S3StoreTest, where_uploads_replace_a_discard_leaves_those_of_others) {
  settings.replace = true;
  renew();
  ASSERT_TRUE(write("payload").ok());
  s3.uploads = {{"a", {key(), {}, {}}}};
  ASSERT_TRUE(finish(store->discard(name, "")).ok());
  EXPECT_TRUE(s3.objects.empty());
  EXPECT_EQ(s3.uploads.size(), 1U);
}

// It would delete what is put there in between.
TEST_F(S3StoreTest, where_uploads_replace_a_delete_without_an_answer_is_not_sent_again) {
  for (const bool replace : {true, false}) {
    settings.replace = replace;
    renew();
    ASSERT_TRUE(write("payload").ok());
    const auto before = count("DELETE", key());
    s3.fail({"DELETE", key(), std::nullopt, false, 1});
    EXPECT_EQ(finish(store->discard(name, "")).ok(), !replace);
    EXPECT_EQ(count("DELETE", key()) - before, replace ? 1U : 2U);
    EXPECT_EQ(s3.objects.size(), replace ? 1U : 0U);
    s3.objects.clear();
  }
}

TEST_F(S3StoreTest, extending_looks_where_deadlines_lie_in_rows) {
  ASSERT_TRUE(write("payload", idle_metadata(clock.now())).ok());
  const auto extended = finish(store->extend(name, clock.now() + std::chrono::hours(1)));
  ASSERT_TRUE(extended.ok());
  EXPECT_TRUE(*extended);
  EXPECT_EQ(s3_server.requests().back().method, "HEAD");
  s3.objects.clear();
  const auto absent = finish(store->extend(name, clock.now()));
  ASSERT_TRUE(absent.ok());
  EXPECT_FALSE(*absent);
}

class S3DeadlineTest : public S3Test {
 protected:
  S3DeadlineTest() {
    settings.deadlines_in_objects = true;
    settings.replace = true;
    renew();
    EXPECT_TRUE(write("payload", idle_metadata(first)).ok());
  }
  [[nodiscard]] Metadata stored() {
    const auto reader = finish(store->open(name));
    return reader.ok() && *reader ? (*reader)->metadata() : Metadata();
  }

  const WallTime first = from_unix_ms(1'750'000'000'000);
  const WallTime later = first + std::chrono::hours(1);
};

TEST_F(S3DeadlineTest, a_deadline_is_moved_by_copying_the_object_onto_itself) {
  const auto etag = s3.objects.at(key()).etag;
  const auto extended = finish(store->extend(name, later));
  ASSERT_TRUE(extended.ok());
  EXPECT_TRUE(*extended);
  EXPECT_EQ(stored(), idle_metadata(later));
  EXPECT_EQ(read_whole().value(), "payload");
  const auto& all = s3_server.requests();
  const auto copy = std::find_if(all.begin(), all.end(), [](const auto& request) {
    return !request.header("x-amz-copy-source").empty();
  });
  ASSERT_NE(copy, all.end());
  EXPECT_EQ(copy->header("x-amz-copy-source"), "/bucket/" + key());
  EXPECT_EQ(copy->header("x-amz-metadata-directive"), "REPLACE");
  EXPECT_EQ(copy->header("x-amz-copy-source-if-match"), etag);
  EXPECT_EQ(copy->header("if-match"), etag);
}

TEST_F(S3DeadlineTest, a_deadline_never_moves_back) {
  const auto before = s3_server.requests().size();
  const auto extended = finish(store->extend(name, first));
  ASSERT_TRUE(extended.ok());
  EXPECT_TRUE(*extended);
  EXPECT_EQ(s3_server.requests().size(), before + 1);
  EXPECT_EQ(stored(), idle_metadata(first));
}

TEST_F(S3DeadlineTest, an_object_replaced_meanwhile_keeps_its_own_deadline) {
  s3.fail({"PUT", key(), refusal_with(412, "PreconditionFailed"), false, 1});
  const auto extended = finish(store->extend(name, later));
  ASSERT_TRUE(extended.ok()) << extended.error().describe();
  EXPECT_TRUE(*extended);
  EXPECT_EQ(count("HEAD", key()), 2U);
  EXPECT_EQ(stored(), idle_metadata(later));
}

TEST_F(S3DeadlineTest, an_object_too_large_for_one_copy_is_copied_in_parts) {
  settings.max_copy_bytes = 3;
  renew();
  const auto extended = finish(store->extend(name, later));
  ASSERT_TRUE(extended.ok()) << extended.error().describe();
  EXPECT_TRUE(*extended);
  EXPECT_EQ(count("PUT", "partNumber"), 3U);
  EXPECT_EQ(stored(), idle_metadata(later));
  EXPECT_EQ(read_whole().value(), "payload");
  EXPECT_TRUE(s3.uploads.empty());

  s3.fail({"PUT", "partNumber=2", refusal_with(403, "AccessDenied"), false, 1});
  EXPECT_FALSE(finish(store->extend(name, later + std::chrono::hours(1))).ok());
  EXPECT_EQ(stored(), idle_metadata(later));
  EXPECT_TRUE(s3.uploads.empty());
}

TEST_F(S3DeadlineTest, a_copy_that_fails_late_is_a_failure) {
  s3.fail({"PUT", key(), refusal_with(200, "AccessDenied"), false, 1});
  EXPECT_FALSE(finish(store->extend(name, later)).ok());
}

TEST_F(S3StoreTest, objects_are_listed_as_the_blobs_that_they_are) {
  s3.objects["foreign"] = {"1", {}, ""};
  s3.objects[testing::revision_of("u/objects/a b+c/é", 1).path()] = {"22", {}, ""};
  const auto page = finish(store->list_blobs("", 10));
  ASSERT_TRUE(page.ok()) << page.error().describe();
  ASSERT_EQ(page->blobs.size(), 2U);
  EXPECT_EQ(page->next, "");
  EXPECT_EQ(page->blobs[0].name, "foreign");
  EXPECT_NE(page->blobs[0].problem, "");
  EXPECT_EQ(page->blobs[1].revision, testing::revision_of("u/objects/a b+c/é", 1));
  EXPECT_EQ(page->blobs[1].size, 2U);

  settings.replace = true;
  renew();
  const auto objects = finish(store->list_blobs("", 10));
  ASSERT_TRUE(objects.ok());
  EXPECT_EQ(objects->blobs.at(1).revision, Revision::unnumbered(objects->blobs[1].name));
}

TEST_F(S3StoreTest, a_listing_that_fails_or_goes_back_is_an_error) {
  for (int number = 0; number < 4; ++number)
    s3.objects[testing::revision_of("u/objects/k", number).path()] = {"1", {}, ""};
  const auto first = finish(store->list_blobs("", 2));
  ASSERT_TRUE(first.ok());
  const std::string repeated =
      "<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>" + first->next +
      "</Key><Size>1</Size><LastModified>2026-04-20T13:37:00Z</LastModified></Contents>"
      "</ListBucketResult>";
  const std::vector<HttpServerAnswer> answers = {answer_with(200, repeated), answer_with(200, ""),
                                                 refusal_with(404, "NoSuchBucket"),
                                                 refusal_with(403, "AccessDenied")};
  for (const auto& answer : answers) {
    s3.faults = {{"GET", "list-type", answer, false, 1}};
    EXPECT_FALSE(finish(store->list_blobs(first->next, 2)).ok());
  }
  const auto rest = finish(store->list_blobs(first->next, 2));
  ASSERT_TRUE(rest.ok());
  EXPECT_EQ(rest->blobs.size(), 2U);
  EXPECT_EQ(rest->next, "");
}

TEST_F(S3StoreTest, settings_that_cannot_work_are_refused_at_once) {
  const S3Environment environment{*client, authorizer, pool, clock, random, logger};
  S3Settings wrong = settings;
  wrong.endpoint = "gopher://h";
  const auto made = S3Store::make(wrong, environment, io.get_executor());
  ASSERT_FALSE(made.ok());
  EXPECT_THAT(made.error().describe(), HasSubstr("gopher://h"));
}

TEST_F(S3StoreTest, refused_credentials_are_refreshed_once) {
  for (const auto& refusal : {refusal_with(400, "ExpiredToken"), answer_with(401),
                              refusal_with(403, "InvalidAccessKeyId")}) {
    const auto generation = credentials.generation;
    s3.faults = {{"GET", "list-type", refusal, false, 1}};
    EXPECT_TRUE(finish(store->list_blobs("", 2)).ok());
    EXPECT_EQ(credentials.generation, generation + 1);
    EXPECT_THAT(s3_server.requests().back().header("authorization"),
                HasSubstr("KEY" + std::to_string(credentials.generation)));
  }
  s3.faults = {{"GET", "list-type", refusal_with(400, "ExpiredToken"), false, 99}};
  const auto refused = finish(store->list_blobs("", 2));
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().describe(), HasSubstr("ExpiredToken"));
  // HEAD is answered without the code.
  s3.faults = {{"HEAD", key(), answer_with(400), false, 1}};
  EXPECT_TRUE(finish(store->open(name)).ok());
}

}  // namespace
}  // namespace objectstore::s3_test
