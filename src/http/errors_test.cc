#include "http/errors.h"

#include <gtest/gtest.h>

#include <vector>

#include "http/json.h"

namespace objectstore {
namespace {

TEST(Errors, status_and_json_of_every_code) {
  struct Case {
    ErrorCode code;
    unsigned status;
    std::string text;
    std::string retry_after = {};
  };
  const std::vector<Case> cases = {
      {ErrorCode::invalid_argument, 400, R"({"detail":"client error: outer"})"},
      {ErrorCode::client_stream, 400,
       R"({"detail":"service error: outer","causes":["outer","/inner"]})"},
      {ErrorCode::payload_too_large, 413,
       R"({"detail":"service error: outer","causes":["outer","/inner"]})"},
      {ErrorCode::conflict, 409,
       R"({"detail":"service error: outer","causes":["outer","/inner"]})"},
      {ErrorCode::unsupported, 501,
       R"({"detail":"service error: not implemented","causes":["not implemented"]})"},
      {ErrorCode::unavailable, 503,
       R"({"detail":"service error: outer","causes":["outer","/inner"]})", "retry-after: 1\r\n"},
      {ErrorCode::deadline_exceeded, 503,
       R"({"detail":"service error: outer","causes":["outer","/inner"]})", "retry-after: 1\r\n"},
      {ErrorCode::cancelled, 503,
       R"({"detail":"service error: outer","causes":["outer","/inner"]})", "retry-after: 1\r\n"},
      {ErrorCode::out_of_space, 507,
       R"({"detail":"service error: no space left in storage","causes":["no space left in storage"]})",
       "retry-after: 30\r\n"},
      {ErrorCode::corrupt, 500,
       R"({"detail":"service error: stored data is damaged","causes":["stored data is damaged"]})"},
      {ErrorCode::io, 500, R"({"detail":"service error: i/o error","causes":["i/o error"]})"},
      {ErrorCode::internal, 500,
       R"({"detail":"service error: outer","causes":["outer","/inner"]})"},
  };
  for (const auto& c : cases) {
    Response response;
    answer(client_error(Error(c.code, "/inner").wrap("outer")), response);
    EXPECT_EQ(response.status, c.status) << to_string(c.code);
    EXPECT_EQ(response.text, c.text) << to_string(c.code);
    EXPECT_EQ(response.headers, "content-type: application/json\r\n" + c.retry_after)
        << to_string(c.code);
    EXPECT_EQ(response.length, c.text.size());
  }
}

TEST(Errors, metadata_errors_carry_their_own_causes) {
  Response response;
  const std::string text = "metadata error: invalid compression value";
  const Error error(ErrorCode::invalid_argument, "invalid compression value");
  answer(client_error(Error(error).wrap(text).wrap(text)), response);
  EXPECT_EQ(
      response.text,
      R"({"detail":"service error: metadata error: invalid compression value",)"
      R"("causes":["metadata error: invalid compression value","invalid compression value"]})");
}

TEST(Json, strings_are_escaped) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"plain", "\"plain\""},
      {"", "\"\""},
      {"a\"b\\c", R"("a\"b\\c")"},
      {std::string("\0\x01\n\x1f", 4), R"("\u0000\u0001\n\u001f")"},
      {"\xc3\xa4\xf0\x9f\x98\x80", "\"\xc3\xa4\xf0\x9f\x98\x80\""},
      {"\xff", "\"\xef\xbf\xbd\""},
  };
  for (const auto& [text, json] : cases) {
    std::string out;
    append_json_string(out, text);
    EXPECT_EQ(out, json);
  }
}

TEST(Response, date_is_an_imf_fixdate) {
  EXPECT_EQ(format_http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(Response, stored_text_can_not_break_out_of_its_header_line) {
  Response response;
  response.add_header("x-snme-a", "b\r\nset-cookie: c");
  response.add_header("x-snme-a\r\nb", "c");
  response.add_header("x-snme-a:b", "c");
  response.add_header("", "c");
  EXPECT_EQ(response.headers, "");
  response.add_header("x-snme-a", "b\tc");
  EXPECT_EQ(response.headers, "x-snme-a: b\tc\r\n");
}

}  // namespace
}  // namespace objectstore
