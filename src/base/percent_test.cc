#include "base/percent.h"

#include <gtest/gtest.h>

namespace objectstore {
namespace {

using namespace std::literals;

TEST(Percent, decoding) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", ""},
      {"abc", "abc"},
      {"a%2Fb", "a/b"},
      {"a%2fb", "a/b"},
      {"a+b", "a+b"},
      {"%5F", "_"},
      {"%252F", "%2F"},
      {"%00", "\0"sv},
      {"%", "%"},
      {"%4", "%4"},
      {"%4g", "%4g"},
      {"%g4", "%g4"},
      {"100%%41", "100%A"},
      {"%C3%A9", "\xc3\xa9"},
      {"%41", "A"},
      {"x%41%", "xA%"},
  };
  for (const auto& [text, expected] : cases)
    EXPECT_EQ(percent_decode(text), expected) << text;
}

TEST(Percent, encoding) {
  const struct {
    std::string_view text;
    std::string_view plain;
    std::string_view expected;
  } cases[] = {
      {"", percent_plain::unreserved, ""},
      {"azAZ09-._~", percent_plain::unreserved, "azAZ09-._~"},
      {"a/b c", percent_plain::unreserved, "a%2Fb%20c"},
      {"a/b c", percent_plain::path, "a/b%20c"},
      {"a~b+c", percent_plain::form, "a%7Eb%2Bc"},
      {"100%", percent_plain::path, "100%25"},
      {"=&;:@?#", percent_plain::path, "%3D%26%3B%3A%40%3F%23"},
      {"\xc3\xa9\xff\0"sv, percent_plain::path, "%C3%A9%FF%00"},
      {"a-b", "", "a%2Db"},
  };
  for (const auto& [text, plain, expected] : cases)
    EXPECT_EQ(percent_encode(text, plain), expected) << text;
}

TEST(Percent, what_was_encoded_is_decoded_again) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte)
    all += static_cast<char>(byte);
  for (const auto plain : {""sv, percent_plain::form, percent_plain::path})
    EXPECT_EQ(percent_decode(percent_encode(all, plain)), all);
}

TEST(Percent, well_formed_utf8) {
  for (const auto text : {""sv, "a\0b"sv, "\xc2\x80"sv, "\xdf\xbf"sv, "\xe0\xa0\x80"sv,
                          "\xed\x9f\xbf"sv, "\xee\x80\x80"sv, "\xef\xbf\xbf"sv,
                          "\xf0\x90\x80\x80"sv, "\xf4\x8f\xbf\xbf"sv, "a\xc3\xa9z"sv}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
}

TEST(Percent, ill_formed_utf8) {
  for (const auto text :
       {"\x80"sv, "\xbf"sv, "\xc0\x80"sv, "\xc1\xbf"sv, "\xc2"sv, "\xc2\x41"sv, "\xe0\x9f\xbf"sv,
        "\xe2\x82"sv, "\xed\xa0\x80"sv, "\xed\xbf\xbf"sv, "\xf0\x8f\xbf\xbf"sv, "\xf0\x9f\x98"sv,
        "\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv, "\xff"sv, "ok\xfe"sv}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
}

}  // namespace
}  // namespace objectstore
