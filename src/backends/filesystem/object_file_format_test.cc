#include "backends/filesystem/object_file_format.h"

#include <gtest/gtest.h>

namespace objectstore {
namespace {

using namespace object_file_format;

const std::string with_checksum = R"({"content_type":"a/b","checksum":"0123456789abcdef"})";

TEST(ObjectFileFormat, a_line_that_is_followed_by_blanks_keeps_its_checksum) {
  // As after damage to its newline: the payload would pass for one that nobody can verify.
  for (const std::string end : {"", " ", "\t \r", "\n"}) {
    const auto line = decode_line(with_checksum + end);
    ASSERT_TRUE(line.ok()) << line.error().describe();
    EXPECT_EQ(line->checksum, 0x0123456789abcdefU);
  }
}

TEST(ObjectFileFormat, a_line_that_is_followed_by_a_payload_is_corrupt) {
  // As after damage to its newline, where the payload begins with a NUL and has a newline itself.
  for (const std::string& end : {std::string("\0x", 2), std::string(" \0", 2), std::string(" x")}) {
    const auto line = decode_line(with_checksum + end);
    ASSERT_FALSE(line.ok());
    EXPECT_EQ(line.error().code(), ErrorCode::corrupt);
  }
}

TEST(ObjectFileFormat, only_the_last_member_of_the_line_itself_is_a_checksum) {
  const std::string cases[] = {
      R"({"content_type":"a/b"})",
      R"({"checksum":"0123456789abcdef","content_type":"a/b"})",
      R"({"custom":{"a":"b","checksum":"0123456789abcdef"}})",
      R"({"content_type":"a/b","checksum":"0123456789abcde"})",
      R"({"content_type":"a/b","checksum":"0123456789abcdeg"})",
      R"({"filename":",\"checksum\":\"0123456789abcdef"})",
  };
  for (const auto& text : cases) {
    const auto line = decode_line(text);
    ASSERT_TRUE(line.ok()) << text;
    EXPECT_FALSE(line->checksum.has_value()) << text;
  }
}

}  // namespace
}  // namespace objectstore
