// What may be shown of a token server's answer, and what makes a token.
#include "net/token_server.h"

#include <gtest/gtest.h>

namespace objectstore {
namespace {

using namespace std::chrono_literals;

const std::string secret = "1//0gRefresh+Token/with=Marks";

TEST(TokenServer, refusals_are_reduced_to_what_is_no_secret) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "status 400"},
      {"<html>" + secret + "</html>", "status 400"},
      {"[1]", "status 400"},
      {R"({"error":"invalid_grant"})", "status 400: invalid_grant"},
      {R"({"error":"invalid_grant","error_description":"Bad Request"})",
       "status 400: invalid_grant: Bad Request"},
      {R"({"error":"a\nb\u00e9","error_description":7})", "status 400: a?b??"},
      {R"({"error":{"code":403,"status":"DENIED","message":"no right"},"x":"y"})",
       "status 400: DENIED: no right"},
      {R"({"error":"e","error_description":"got )" + secret + R"("})", "status 400: e"},
      {R"({"error":"e","error_description":"got )" + secret.substr(5, 12) + R"("})",
       "status 400: e"},
      {R"({"error":"e","error_description":"got )" + secret.substr(5, 11) + R"("})",
       "status 400: e: got " + secret.substr(5, 11)},
      {R"({"error":"e","error_description":"1%2F%2F0gRefresh%2BToken%2Fwith%3DMarks"})",
       "status 400: e"},
      {R"({"error":"e","error_description":"short one"})", "status 400: e"},
      {R"({"error":")" + std::string(1000, 'x') + R"("})", "status 400: " + std::string(200, 'x')},
  };
  for (const auto& [body, shown] : cases)
    EXPECT_EQ(describe_refusal(400, body, {"", secret, "short"}), shown) << body;
}

TEST(TokenServer, forms_are_encoded) {
  const auto request = make_form_post("https://h/t", {{"a b", "c&d=\xff"}, {"e", "f.g-h_i~"}});
  EXPECT_EQ(std::get<SharedBytes>(request.body).view(), "a%20b=c%26d%3D%FF&e=f.g-h_i%7E");
  EXPECT_EQ(request.method, "POST");
}

TEST(TokenServer, a_token_has_a_text_and_a_lifetime) {
  const auto token = parse_token_response(R"({"access_token":"ya29.x","expires_in":3599})", "s");
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token->value, "ya29.x");
  EXPECT_EQ(token->lifetime, 3599s);
  EXPECT_EQ(parse_token_response(R"({"access_token":"x","expires_in":9e18})", "s").ok(), false);
  EXPECT_LE(
      parse_token_response(R"({"access_token":"x","expires_in":9000000000000})", "s")->lifetime,
      720h);
}

TEST(TokenServer, responses_that_hold_no_token_are_refused_without_being_shown) {
  const std::string cases[] = {
      "",
      "hidden",
      R"("hidden")",
      R"({"expires_in":1,"x":"hidden"})",
      R"({"access_token":"","expires_in":1})",
      R"({"access_token":["hidden"],"expires_in":1})",
      R"({"access_token":"hidden\r\nx: y","expires_in":1})",
      R"({"access_token":"hidden token","expires_in":1})",
      R"({"access_token":"hidden"})",
      R"({"access_token":"hidden","expires_in":"3600"})",
      R"({"access_token":"hidden","expires_in":0})",
      R"({"access_token":"hidden","expires_in":-1})",
  };
  for (const auto& body : cases) {
    const auto token = parse_token_response(body, "server s");
    ASSERT_FALSE(token.ok()) << body;
    EXPECT_EQ(token.error().code(), ErrorCode::unavailable);
    EXPECT_EQ(token.error().describe().find("hidden"), std::string::npos);
    EXPECT_EQ(token.error().describe().find("server s: "), 0U);
  }
}

}  // namespace
}  // namespace objectstore
