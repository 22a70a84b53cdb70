// Uploads, and what becomes of them when S3 fails.
#include "backends/s3/blob_writer.h"

#include <gmock/gmock.h>

#include "backends/s3/test_support.h"
#include "testing/some_bytes.h"

namespace objectstore::s3_test {
namespace {

using ::testing::HasSubstr;
using testing::Pumped;

class S3UploadTest : public S3Test {
 protected:
  S3UploadTest() {
    settings.part_bytes = 100'000;
    renew();
  }
  static std::string bytes_of(std::size_t size) { return testing::some_bytes(size); }
  void expect_stored(const std::string& payload) {
    ASSERT_EQ(s3.objects.count(key()), 1U);
    EXPECT_TRUE(s3.objects.at(key()).body == payload);
    EXPECT_TRUE(s3.uploads.empty());
  }
  const std::string small = bytes_of(1'000);
  const std::string large = bytes_of(350'000);  // four parts
};

TEST_F(S3UploadTest, what_fits_into_a_part_is_one_request) {
  for (const std::size_t size : {0UL, 1UL, 99'999UL, 100'000UL}) {
    s3.objects.clear();
    const auto payload = bytes_of(size);
    const auto before = s3_server.requests().size();
    const auto written = write(payload);
    ASSERT_TRUE(written.ok()) << written.error().describe();
    expect_stored(payload);
    ASSERT_EQ(s3_server.requests().size(), before + 1);
    const auto& put = s3_server.requests().back();
    EXPECT_EQ(put.header("if-none-match"), "*");
    EXPECT_EQ(put.header("content-length"), std::to_string(size));
    EXPECT_EQ(put.header("x-amz-content-sha256"),
              hex_encode(digest_of(Digest::Kind::sha256, payload)));
    Crc32c crc;
    crc.update(payload);
    EXPECT_EQ(put.header("x-amz-checksum-crc32c"), crc.base64());
    EXPECT_THAT(put.header("authorization"), HasSubstr("if-none-match"));
  }
}

TEST_F(S3UploadTest, what_does_not_goes_up_in_parts) {
  for (const std::size_t size : {100'001UL, 200'000UL, 350'000UL}) {
    s3.objects.clear();
    const auto payload = bytes_of(size);
    const auto parts_before = count("PUT", "partNumber");
    const auto written = write(payload);
    ASSERT_TRUE(written.ok()) << written.error().describe();
    expect_stored(payload);
    EXPECT_EQ(count("PUT", "partNumber") - parts_before, (size + 99'999) / 100'000);
    const auto& complete = s3_server.requests().back();
    EXPECT_EQ(complete.header("if-none-match"), "*");
    EXPECT_EQ(complete.header("x-amz-mp-object-size"), std::to_string(size));
    EXPECT_EQ(complete.header("x-amz-checksum-type"), "FULL_OBJECT");
    EXPECT_THAT(complete.body, HasSubstr("<ChecksumCRC32C>"));
  }
}

TEST_F(S3UploadTest, nothing_reaches_the_store_before_begin) {
  const auto writer = create();
  Pumped<Result<void>> appended(io, writer->append(large));
  testing::settle(io);
  EXPECT_FALSE(appended.ended());
  EXPECT_TRUE(s3_server.requests().empty());
  ASSERT_TRUE(finish(writer->begin()).ok());
  EXPECT_TRUE(appended.get().ok());
  EXPECT_EQ(count("POST", "uploads"), 1U);
  EXPECT_TRUE(finish(writer->finish()).ok());
  expect_stored(large);
}

TEST_F(S3UploadTest, giving_up_ends_an_append_that_waits) {
  const auto writer = create();
  Pumped<Result<void>> appended(io, writer->append(large));
  testing::settle(io);
  writer->give_up();
  EXPECT_FALSE(appended.get().ok());
  EXPECT_FALSE(finish(writer->finish()).ok());
  EXPECT_TRUE(s3_server.requests().empty());
}

TEST_F(S3UploadTest, failures_that_pass_are_gone_through) {
  const HttpServerAnswer slow = refusal_with(503, "SlowDown");
  const HttpServerAnswer broken = refusal_with(500, "InternalError");
  const HttpServerAnswer conflict = refusal_with(409, "ConditionalRequestConflict");
  const HttpServerAnswer expired = refusal_with(400, "ExpiredToken");
  const HttpServerAnswer late = refusal_with(200, "InternalError");
  const HttpServerAnswer stalled = refusal_with(400, "RequestTimeout");
  struct Case {
    const char* what;
    bool is_large;
    Fault fault;
  };
  const std::vector<Case> cases = {
      {"put: slow down", false, {"PUT", "/bucket/", slow, false, 3}},
      {"put: error after it was carried out", false, {"PUT", "/bucket/", broken, true, 1}},
      {"put: answer lost", false, {"PUT", "/bucket/", std::nullopt, true, 1}},
      {"put: conflict", false, {"PUT", "/bucket/", conflict, false, 2}},
      {"put: expired", false, {"PUT", "/bucket/", expired, false, 1}},
      {"put: stalled", false, {"PUT", "/bucket/", stalled, false, 1}},
      {"open: slow down", true, {"POST", "?uploads", slow, false, 2}},
      {"open: expired", true, {"POST", "?uploads", expired, false, 1}},
      {"part: slow down", true, {"PUT", "partNumber=2", slow, false, 3}},
      {"part: answer lost", true, {"PUT", "partNumber=2", std::nullopt, true, 1}},
      {"part: expired in the middle", true, {"PUT", "partNumber=3", expired, false, 1}},
      {"last part: error", true, {"PUT", "partNumber=4", broken, false, 1}},
      {"complete: slow down", true, {"POST", "uploadId", slow, false, 1}},
      {"complete: refused late", true, {"POST", "uploadId", late, false, 1}},
      {"complete: refused late, but done", true, {"POST", "uploadId", late, true, 1}},
      {"complete: answer lost", true, {"POST", "uploadId", std::nullopt, true, 1}},
      {"complete: all answers lost", true, {"POST", "uploadId", std::nullopt, true, 5}},
      {"complete: conflict", true, {"POST", "uploadId", conflict, false, 1}},
      {"complete: expired", true, {"POST", "uploadId", expired, false, 1}},
  };
  for (const auto& [what, is_large, fault] : cases) {
    SCOPED_TRACE(what);
    s3.objects.clear();
    s3.fail(fault);
    const auto& payload = is_large ? large : small;
    const auto written = write(payload);
    EXPECT_TRUE(written.ok()) << written.error().describe();
    EXPECT_TRUE(s3.faults.empty());
    expect_stored(payload);
  }
}

// A second one would pass for the name's first after the blob was deleted, and leave an orphan.
TEST_F(S3UploadTest, a_put_that_may_have_been_carried_out_is_looked_for_and_not_sent_again) {
  const std::vector<std::pair<const char*, std::optional<HttpServerAnswer>>> answers = {
      {"none", std::nullopt},
      {"error", refusal_with(500, "InternalError")},
      {"late error", refusal_with(200, "InternalError")},
      {"proxy: bad gateway", answer_with(502, "<html>")},
      {"proxy: time-out", answer_with(504)},
      {"proxy: connection reset", answer_with(503, "upstream connect error")},
  };
  for (const auto& [what, answer] : answers) {
    for (const bool carried_out : {true, false}) {
      SCOPED_TRACE(what + std::string(carried_out ? ", carried out" : ", not carried out"));
      s3.objects.clear();
      s3.fail({"PUT", "/bucket/", answer, carried_out, 1});
      const auto before = s3_server.requests().size();
      const auto written = write(small);
      ASSERT_EQ(s3_server.requests().size(), before + 2);
      EXPECT_EQ(s3_server.requests()[before].method, "PUT");
      EXPECT_EQ(s3_server.requests()[before + 1].method, "HEAD");
      if (carried_out) {
        EXPECT_TRUE(written.ok()) << written.error().describe();
        expect_stored(small);
        continue;
      }
      ASSERT_FALSE(written.ok());
      EXPECT_EQ(written.error().code(), ErrorCode::unavailable) << written.error().describe();
      // So that the change stays in the log.
      const auto discarded = finish(store->discard(name, ""));
      ASSERT_TRUE(discarded.ok());
      EXPECT_EQ(*discarded, Discarded::may_appear_later);
    }
  }
}

TEST_F(S3UploadTest, a_put_that_was_certainly_not_carried_out_is_sent_again_until_that_is_unknown) {
  s3.fail({"PUT", "/bucket/", refusal_with(503, "SlowDown"), false, 2});
  s3.fail({"PUT", "/bucket/", std::nullopt, false, 1});
  EXPECT_FALSE(write(small).ok());
  EXPECT_EQ(count("PUT", key()), 3U);
  EXPECT_EQ(count("HEAD", key()), 1U);
}

TEST_F(S3UploadTest, failures_that_stay_are_told_and_leave_nothing) {
  const HttpServerAnswer denied = refusal_with(403, "AccessDenied");
  const HttpServerAnswer slow = refusal_with(503, "SlowDown");
  const HttpServerAnswer metadata = refusal_with(400, "MetadataTooLarge");
  const HttpServerAnswer gone = refusal_with(404, "NoSuchUpload");
  const HttpServerAnswer late = refusal_with(200, "InvalidPart");
  struct Case {
    const char* what;
    bool is_large;
    Fault fault;
    ErrorCode code;
    const char* text;
  };
  const std::vector<Case> cases = {
      {"put denied", false, {"PUT", "/bucket/", denied, false, 1}, ErrorCode::io, "AccessDenied"},
      {"put slow", false, {"PUT", "/", slow, false, 99}, ErrorCode::unavailable, "SlowDown"},
      {"put metadata",
       false,
       {"PUT", "/", metadata, false, 1},
       ErrorCode::invalid_argument,
       "MetadataTooLarge"},
      {"put lost", false, {"PUT", "/", std::nullopt, false, 99}, ErrorCode::unavailable, "`put`"},
      {"open denied", true, {"POST", "?uploads", denied, false, 1}, ErrorCode::io, "AccessDenied"},
      {"open lost",
       true,
       {"POST", "?uploads", std::nullopt, false, 1},
       ErrorCode::unavailable,
       "`create_upload`"},
      {"open without id",
       true,
       {"POST", "?uploads", answer_with(200, "<Proxy/>"), false, 1},
       ErrorCode::unavailable,
       "document"},
      {"part denied",
       true,
       {"PUT", "partNumber=2", denied, false, 1},
       ErrorCode::io,
       "AccessDenied"},
      {"last part slow",
       true,
       {"PUT", "partNumber=4", slow, false, 99},
       ErrorCode::unavailable,
       "SlowDown"},
      {"part without etag",
       true,
       {"PUT", "partNumber=1", answer_with(200), true, 1},
       ErrorCode::unavailable,
       "ETag"},
      {"ended by others",
       true,
       {"PUT", "partNumber=1", gone, false, 1},
       ErrorCode::unavailable,
       "ended by somebody else"},
      {"complete denied",
       true,
       {"POST", "uploadId", denied, false, 1},
       ErrorCode::io,
       "AccessDenied"},
      {"complete refused late",
       true,
       {"POST", "uploadId", late, false, 1},
       ErrorCode::io,
       "InvalidPart"},
      {"complete cut",
       true,
       {"POST", "uploadId", answer_with(200, " "), false, 1},
       ErrorCode::unavailable,
       "document"},
      {"complete of a lost upload",
       true,
       {"POST", "uploadId", gone, false, 1},
       ErrorCode::io,
       "NoSuchUpload"},
  };
  for (const auto& [what, is_large, fault, code, text] : cases) {
    SCOPED_TRACE(what);
    s3.fail(fault);
    const auto written = write(is_large ? large : small);
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().code(), code) << written.error().describe();
    EXPECT_THAT(written.error().describe(), HasSubstr(text));
    close();  // what the writer has left in the background
    s3.faults.clear();
    EXPECT_TRUE(s3.objects.empty());
    EXPECT_TRUE(s3.uploads.empty());
    store.reset();
    renew();
  }
}

TEST_F(S3UploadTest, an_upload_whose_opening_was_lost_is_not_opened_twice) {
  s3.fail({"POST", "?uploads", std::nullopt, true, 1});
  EXPECT_FALSE(write(large).ok());
  EXPECT_EQ(count("POST", "?uploads"), 1U);
  EXPECT_EQ(s3.uploads.size(), 1U);
  // It is found by its name.
  const auto discarded = finish(store->discard(name, ""));
  ASSERT_TRUE(discarded.ok());
  EXPECT_EQ(*discarded, Discarded::for_good);
  EXPECT_TRUE(s3.uploads.empty());
}

TEST_F(S3UploadTest, an_object_of_that_name_is_not_replaced) {
  for (const bool conditional : {true, false}) {
    settings.conditional_writes = conditional;
    renew();
    for (const bool is_large : {false, true}) {
      s3.objects = {{key(), {"first", {}, "\"e\""}}};
      const auto written = write(is_large ? large : small);
      ASSERT_FALSE(written.ok());
      EXPECT_EQ(written.error().code(), ErrorCode::conflict) << written.error().describe();
      EXPECT_EQ(s3.objects.at(key()).body, "first");
    }
  }
}

TEST_F(S3UploadTest, an_object_is_replaced_where_that_is_what_uploads_do) {
  settings.replace = true;
  renew();
  s3.objects = {{key(), {"first", {}, "\"e\""}}};
  ASSERT_TRUE(write(small).ok());
  expect_stored(small);
  ASSERT_TRUE(write(large).ok());
  expect_stored(large);
  for (const auto& request : s3_server.requests())
    EXPECT_EQ(request.header("if-none-match"), "");
}

TEST_F(S3UploadTest, a_writer_dropped_in_the_middle_aborts_its_upload) {
  {
    const auto writer = create();
    ASSERT_TRUE(finish(writer->begin()).ok());
    ASSERT_TRUE(finish(writer->append(large)).ok());
    EXPECT_EQ(s3.uploads.size(), 1U);
  }
  close();
  EXPECT_TRUE(s3.uploads.empty());
  EXPECT_TRUE(s3.objects.empty());
}

TEST_F(S3UploadTest, the_abort_comes_after_a_part_under_way) {
  // The store answers parts only later.
  auto gate = std::make_shared<Event>();
  auto waiting = answer_with(200);
  waiting.headers.emplace_back("ETag", "\"e\"");
  waiting.after = gate;
  s3.fail({"PUT", "partNumber=1", waiting, true, 1});
  {
    const auto writer = create();
    ASSERT_TRUE(finish(writer->begin()).ok());
    ASSERT_TRUE(finish(writer->append(bytes_of(150'000))).ok());
    EXPECT_TRUE(testing::pump_until(io, [&] { return count("PUT", "partNumber") == 1; }));
  }
  testing::settle(io);
  EXPECT_EQ(count("DELETE", "uploadId"), 0U);
  gate->set();
  close();
  EXPECT_EQ(count("DELETE", "uploadId"), 1U);
  EXPECT_TRUE(s3.uploads.empty());
}

TEST_F(S3UploadTest, too_large_a_payload_is_refused_before_it_is_sent) {
  settings.max_object_bytes = 150'000;
  renew();
  const auto written = write(bytes_of(150'001));
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code(), ErrorCode::payload_too_large);
  EXPECT_TRUE(write(bytes_of(150'000)).ok());
}

TEST_F(S3UploadTest, without_checksums_none_are_sent) {
  settings.checksums = false;
  renew();
  ASSERT_TRUE(write(small).ok());
  s3.objects.clear();
  ASSERT_TRUE(write(large).ok());
  for (const auto& request : s3_server.requests()) {
    EXPECT_EQ(request.header("x-amz-checksum-crc32c"), "");
    EXPECT_EQ(request.header("x-amz-checksum-algorithm"), "");
    EXPECT_EQ(request.body.find("ChecksumCRC32C"), std::string::npos);
  }
}

TEST_F(S3UploadTest, a_full_disk_ends_the_upload_with_its_own_error) {
  settings.spool_directory = scratch.path().string() + "/missing";
  renew();
  const auto written = write(small);
  ASSERT_FALSE(written.ok());
  EXPECT_THAT(written.error().describe(), HasSubstr("/missing"));
  EXPECT_TRUE(s3_server.requests().empty());
}

}  // namespace
}  // namespace objectstore::s3_test
