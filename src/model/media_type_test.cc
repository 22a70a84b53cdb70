#include "model/media_type.h"

#include <gtest/gtest.h>

#include <string>

namespace objectstore {
namespace {

TEST(MediaType, accepted) {
  for (const std::string& text : {
           std::string("text/plain"),
           std::string("application/octet-stream"),
           std::string("image/svg+xml"),
           std::string("application/vnd.a+b+json"),
           std::string("*/*"),
           std::string("1/2"),
           std::string("a!#$&-^_.+%'*/b!#$&-^_.%'"),
           std::string("text/plain;charset=utf-8"),
           std::string("text/plain; charset=utf-8"),
           std::string("text/plain \t; charset=utf-8"),
           std::string("text/plain;"),
           std::string("text/plain; "),
           std::string("text/plain;a=b;"),
           std::string("text/plain;a=b ; c=\"d;=\\\" e\""),
           std::string("text/plain;a=\"\""),
           std::string("multipart/form-data; boundary=----x"),
           std::string(127, 'a') + "/" + std::string(127, 'b') + "+" + std::string(127, 'c'),
       }) {
    const auto checked = check_media_type(text);
    EXPECT_TRUE(checked.ok()) << text;
  }
}

TEST(MediaType, refused) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "Invalid type name"},
      {"text", "Invalid type name"},
      {"/plain", "Invalid type name"},
      {" text/plain", "Invalid type name"},
      {"te xt/plain", "Invalid type name"},
      {"-text/plain", "Invalid type name"},
      {std::string(128, 'a') + "/b", "Invalid type name"},
      {"text/", "Invalid subtype name"},
      {"text/ plain", "Invalid subtype name"},
      {"text/pl@in", "Invalid subtype name"},
      {"text/.plain", "Invalid subtype name"},
      {"text/+xml", "Invalid subtype name"},
      {"text/" + std::string(128, 'a'), "Invalid subtype name"},
      {"text/svg+", "Invalid suffix"},
      {"text/svg+-x", "Invalid suffix"},
      {"text/svg+" + std::string(128, 'a'), "Invalid suffix"},
      {"text/plain x", "Invalid params"},
      {"text/plain ", "Invalid params"},
      {"text/plain;;a=b", "Invalid params"},
      {"text/plain;a=b;;", "Invalid params"},
      {"text/plain; a", "Invalid params"},
      {"text/plain;=b", "Invalid param name"},
      {"text/plain;-a=b", "Invalid param name"},
      {"text/plain;a =b", "Invalid param name"},
      {"text/plain;a=", "Invalid param value"},
      {"text/plain;a= b", "Invalid param value"},
      {"text/plain;a=b/c", "Invalid param value"},
      {"text/plain;a=\"b", "Invalid param value"},
      {"text/plain;a=\"b\\\"", "Invalid param value"},
      {"text/plain;a=\"b\"c", "Invalid param value"},
  };
  for (const auto& [text, message] : cases) {
    const auto checked = check_media_type(text);
    ASSERT_FALSE(checked.ok()) << text;
    EXPECT_EQ(checked.error(), Error(ErrorCode::invalid_argument, message)) << text;
  }
}

}  // namespace
}  // namespace objectstore
