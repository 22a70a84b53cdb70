#include "base/base64.h"

#include <gtest/gtest.h>

namespace objectstore {
namespace {

using namespace std::literals;

// RFC 4648, section 10, and the letters that the URL's alphabet has otherwise.
TEST(Base64, known_texts) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {"\xfb\xff\xbf"sv, "+/+/"},
      {"\0"sv, "AA=="},
  };
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text), bytes);
  }
}

TEST(Base64, other_texts_are_refused) {
  for (const auto text : {"Zg"sv, "Zg="sv, "Z==="sv, "===="sv, "Zg==Zg=="sv, "Zh=="sv, "-_-_"sv,
                          "Zm9 "sv, "Zm9v\n"sv, "=Zg="sv}) {
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace objectstore
