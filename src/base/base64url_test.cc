#include "base/base64url.h"

#include <gtest/gtest.h>

namespace objectstore {
namespace {

TEST(Base64Url, bytes_and_text_stand_for_each_other) {
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},
      {"f", "Zg"},
      {"fo", "Zm8"},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg"},
      {"fooba", "Zm9vYmE"},
      {"\xff\xef", "_-8"},
      {"\xfb\xff", "-_8"},
      {std::string(3, '\0'), "AAAA"},
  };
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(base64url_encode(bytes), text);
    EXPECT_EQ(base64url_decode(text), bytes) << text;
  }
}

TEST(Base64Url, every_byte_survives) {
  std::string bytes;
  for (int i = 0; i < 256; ++i)
    bytes += static_cast<char>(i);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const auto part = bytes.substr(bytes.size() - size);
    EXPECT_EQ(base64url_decode(base64url_encode(part)), part);
  }
}

TEST(Base64Url, what_no_encoder_writes_is_refused) {
  const std::string cases[] = {"Z",    "Zg==", "Zm9vZ", "Zm+v",  "Zm/v",
                               "Zm9 ", "Zh",   "Zm9=",  "Zm\n9", std::string("Zm9\0", 4)};
  for (const auto& text : cases)
    EXPECT_EQ(base64url_decode(text), std::nullopt) << text;
}

}  // namespace
}  // namespace objectstore
