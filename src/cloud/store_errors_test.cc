#include "cloud/store_errors.h"

#include <gtest/gtest.h>

namespace objectstore {
namespace {

HttpReply reply(int status, std::string type, std::string body) {
  HttpReply made;
  made.status = status;
  if (!type.empty()) made.headers = {{"content-type", std::move(type)}};
  made.body = std::move(body);
  return made;
}

TEST(StoreErrors, error_bodies) {
  const std::string json =
      R"({"error":{"code":404,"message":"No such object: b/o","errors":[{"reason":"notFound"}]}})";
  const std::string xml =
      "<?xml version='1.0' encoding='UTF-8'?>\n<Error><Code>NoSuchUpload</Code>"
      "<Message>The upload &amp; its parts are gone.</Message><Key>k</Key></Error>";
  const struct {
    std::string type;
    std::string body;
    std::string code;
    std::string message;
  } cases[] = {
      {"application/json; charset=UTF-8", json, "notFound", "No such object: b/o"},
      {"", json, "notFound", "No such object: b/o"},
      {"text/html", json, "notFound", "No such object: b/o"},
      {"application/xml", xml, "NoSuchUpload", "The upload & its parts are gone."},
      {"text/xml; charset=UTF-8", xml, "NoSuchUpload", "The upload & its parts are gone."},
      {"", xml, "NoSuchUpload", "The upload & its parts are gone."},
      {"application/xml",
       "<Error xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Code>X</Code></Error>", "X", ""},
      {"application/json", R"({"error":"invalid_grant","error_description":"Bad"})",
       "invalid_grant", "Bad"},
      {"application/json", R"({"error":{"message":"m"}})", "", "m"},
      {"application/json", R"({"error":{"message":7,"errors":[{"reason":[]}]}})", "", ""},
      {"application/json", R"({"error":{"message":"m","errors":[]}})", "", "m"},
      {"application/json", R"({"error":{"message":"m","errors":[3]}})", "", "m"},
      {"application/json", R"({"error":[]})", "", ""},
      {"application/json", "[]", "", ""},
      {"application/json", "{", "", ""},
      {"application/json", xml, "", ""},
      {"application/xml", json, "", ""},
      {"application/xml", "<Error><Code>", "", ""},
      {"text/html", "<html><body>502 Bad Gateway</body></html>", "", ""},
      {"text/plain", "Not Found", "", ""},
      {"", "", "", ""},
      {"", "<Error><Code> \n A\tB\xc3\xa9 </Code><Message>\x1b[31m red\n</Message></Error>",
       "A?B??", "?[31m red"},
      {"", "<Error><Message>" + std::string(5000, 'x') + "</Message></Error>", "",
       std::string(300, 'x')},
      {"", "<Error><Code>" + std::string(5000, 'x') + "</Code></Error>", std::string(64, 'x'), ""},
  };
  for (const auto& [type, body, code, message] : cases) {
    const auto refusal = read_refusal(reply(404, type, body));
    EXPECT_EQ(refusal.status, 404);
    EXPECT_EQ(refusal.code, code) << body;
    EXPECT_EQ(refusal.message, message) << body;
  }
}

TEST(StoreErrors, what_a_refusal_means) {
  const struct {
    int status;
    std::string code;
    ErrorCode expected;
  } cases[] = {
      {400, "InvalidArgument", ErrorCode::io},
      {400, "EntityTooLarge", ErrorCode::payload_too_large},
      {400, "RequestTimeout", ErrorCode::unavailable},
      {401, "", ErrorCode::io},
      {403, "AccessDenied", ErrorCode::io},
      {404, "NoSuchBucket", ErrorCode::io},
      {408, "", ErrorCode::unavailable},
      {409, "OperationAborted", ErrorCode::conflict},
      {412, "PreconditionFailed", ErrorCode::conflict},
      {413, "", ErrorCode::payload_too_large},
      {429, "rateLimitExceeded", ErrorCode::unavailable},
      {500, "InternalError", ErrorCode::unavailable},
      {503, "SlowDown", ErrorCode::unavailable},
      {507, "", ErrorCode::out_of_space},
      {599, "", ErrorCode::unavailable},
  };
  for (const auto& [status, code, expected] : cases)
    EXPECT_EQ(refusal_error("S3", "put", {status, code, ""}).code(), expected) << status << code;
}

TEST(StoreErrors, texts_name_the_store_the_action_and_what_was_said) {
  EXPECT_EQ(refusal_error("GCS", "put_part", {400, "invalid", "Bad part."}).message(),
            "GCS: `put_part` failed: status 400: invalid: Bad part.");
  EXPECT_EQ(refusal_error("S3", "get", {500, "", ""}).message(), "S3: `get` failed: status 500");
  EXPECT_EQ(refusal_error("S3", "get", {403, "AccessDenied", "Access Denied."}).message(),
            "S3: `get` failed: status 403: AccessDenied: Access Denied; check that the credentials "
            "have the permissions needed on the bucket");
}

TEST(StoreErrors, what_an_operator_can_end_is_said) {
  const struct {
    StoreRefusal refusal;
    std::string hint;
  } cases[] = {
      {{404, "NoSuchBucket", ""}, "create the bucket"},
      {{404, "notFound", "The specified bucket does not exist."}, "create the bucket"},
      {{404, "notFound", "No such object"}, ""},
      {{301, "PermanentRedirect", ""}, "another region"},
      {{301, "", ""}, "another region"},
      {{400, "AuthorizationHeaderMalformed", ""}, "another region"},
      {{400, "IllegalLocationConstraintException", ""}, "another region"},
      {{403, "RequestTimeTooSkewed", ""}, "synchronize"},
      {{403, "SignatureDoesNotMatch", ""}, "secret"},
      {{403, "InvalidAccessKeyId", ""}, "access key"},
      {{400, "ExpiredToken", ""}, "expired"},
      {{401, "authError", ""}, "expired"},
      {{403, "forbidden", ""}, "permissions"},
      {{503, "SlowDown", ""}, ""},
  };
  for (const auto& [refusal, hint] : cases) {
    const auto text = refusal_error("S3", "get", refusal).message();
    EXPECT_EQ(text.find(';') != std::string::npos, !hint.empty()) << text;
    EXPECT_NE(text.find(hint), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace objectstore
