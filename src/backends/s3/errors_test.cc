#include "backends/s3/errors.h"

#include <gmock/gmock.h>

namespace objectstore {
namespace {

using ::testing::HasSubstr;

const WallTime now = from_unix_ms(1'750'000'000'000);  // 2025-06-15T15:06:40Z

HttpReply reply_with(int status, const std::string& code, const std::string& more = {}) {
  HttpReply reply;
  reply.status = status;
  reply.headers = {{"content-type", "application/xml"}};
  if (!code.empty()) {
    reply.body = "<Error><Code>" + code + "</Code><Message>says S3</Message>" + more + "</Error>";
  }
  return reply;
}

TEST(S3Errors, say_what_an_operator_needs) {
  struct Case {
    int status;
    std::string code;
    std::string more;
    HttpHeaders headers;
    ErrorCode error;
    std::string text;
  };
  const std::vector<Case> cases = {
      {403,
       "RequestTimeTooSkewed",
       "<ServerTime>2025-06-15T14:06:40Z</ServerTime>",
       {},
       ErrorCode::io,
       "this machine's clock is 3600 s ahead of that of S3"},
      {403,
       "RequestTimeTooSkewed",
       "<ServerTime>2025-06-15T15:36:40Z</ServerTime>",
       {},
       ErrorCode::io,
       "this machine's clock is 1800 s behind that of S3"},
      {403, "RequestTimeTooSkewed", "", {}, ErrorCode::io, "clock"},
      {400,
       "AuthorizationHeaderMalformed",
       "<Region>eu-west-1</Region>",
       {},
       ErrorCode::io,
       "S3 bucket `b` is in region `eu-west-1`, the configuration says `us-east-1`"},
      {301,
       "",
       "",
       {{"x-amz-bucket-region", "eu-west-1"}},
       ErrorCode::io,
       "S3 bucket `b` is in region `eu-west-1`, the configuration says `us-east-1`"},
      {301,
       "PermanentRedirect",
       "<Endpoint>b.s3.example</Endpoint>",
       {},
       ErrorCode::io,
       "S3 bucket `b` is to be reached at `b.s3.example`"},
      {404, "NoSuchBucket", "", {}, ErrorCode::io, "S3 has no bucket `b`"},
      {403,
       "AccessDenied",
       "",
       {{"x-amz-bucket-region", "us-east-1"}},
       ErrorCode::io,
       "permissions"},
      {403, "InvalidAccessKeyId", "", {}, ErrorCode::io, "access key"},
      {403, "SignatureDoesNotMatch", "", {}, ErrorCode::io, "SignatureDoesNotMatch: says S3"},
      {400, "MetadataTooLarge", "", {}, ErrorCode::invalid_argument, "MetadataTooLarge"},
      {400, "KeyTooLongError", "", {}, ErrorCode::invalid_argument, "KeyTooLongError"},
      {400, "EntityTooLarge", "", {}, ErrorCode::payload_too_large, "EntityTooLarge"},
      {503, "SlowDown", "", {}, ErrorCode::unavailable, "SlowDown"},
      {500, "InternalError", "", {}, ErrorCode::unavailable, "InternalError"},
      {412, "PreconditionFailed", "", {}, ErrorCode::conflict, "PreconditionFailed"},
  };
  S3Settings settings;
  settings.bucket = "b";
  for (const auto& test : cases) {
    auto reply = reply_with(test.status, test.code, test.more);
    reply.headers.insert(reply.headers.end(), test.headers.begin(), test.headers.end());
    const auto error = s3_refusal(settings, "put", reply, now);
    EXPECT_EQ(error.code(), test.error) << test.code;
    EXPECT_THAT(error.describe(), HasSubstr(test.text));
    EXPECT_THAT(error.describe(), HasSubstr("`put`")) << test.code;
  }
}

TEST(S3Errors, late_refusals_get_the_status_that_they_should_have) {
  const std::pair<std::string, int> cases[] = {{"InternalError", 500},
                                               {"SlowDown", 503},
                                               {"PreconditionFailed", 412},
                                               {"NoSuchUpload", 404},
                                               {"InvalidPart", 400},
                                               {"OperationAborted", 409},
                                               {"ConditionalRequestConflict", 409}};
  for (const auto& [code, status] : cases) {
    auto reply = reply_with(200, code);
    reveal_late_refusal(reply);
    EXPECT_EQ(reply.status, status) << code;
  }
  auto success = reply_with(200, "");
  success.body = "<CompleteMultipartUploadResult/>";
  reveal_late_refusal(success);
  EXPECT_EQ(success.status, 200);
}

TEST(S3Errors, conflicts_that_pass_are_told_from_others) {
  EXPECT_TRUE(is_passing_conflict(reply_with(409, "OperationAborted")));
  EXPECT_TRUE(is_passing_conflict(reply_with(409, "ConditionalRequestConflict")));
  EXPECT_FALSE(is_passing_conflict(reply_with(409, "BucketAlreadyExists")));
  EXPECT_FALSE(is_passing_conflict(reply_with(412, "PreconditionFailed")));
}

TEST(S3Errors, only_what_is_said_of_the_object_makes_it_absent) {
  for (const auto* code : {"", "NoSuchKey", "NoSuchUpload"})
    EXPECT_TRUE(is_absent(reply_with(404, code))) << code;
  for (const auto* code : {"NoSuchBucket", "XAdminUserNotFound"})
    EXPECT_FALSE(is_absent(reply_with(404, code))) << code;
  EXPECT_FALSE(is_absent(reply_with(403, "NoSuchKey")));
}

}  // namespace
}  // namespace objectstore
