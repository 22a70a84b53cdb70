#include "net/ini_file.h"

#include <gtest/gtest.h>

namespace objectstore {
namespace {

using Section = IniFile::Section;

TEST(IniFile, what_tools_write) {
  const auto file = IniFile::parse("/x",
                                   "# a comment\n"
                                   "[default]\r\n"
                                   "aws_access_key_id = AKIA1\r\n"
                                   "aws_secret_access_key=a/b+c=#d;e\n"
                                   "; another\n"
                                   "\n"
                                   "[ profile \t other ] ; trailing\n"
                                   "  Region = eu-west-1 # here\n"
                                   "s3 =\n"
                                   "  aws_access_key_id = nested\n"
                                   "\tmax = 1\n"
                                   "empty =   \n"
                                   "output = a=b ;c\n"
                                   "[default]\n"
                                   "aws_access_key_id=AKIA2");
  ASSERT_TRUE(file.ok()) << file.error().describe();
  ASSERT_NE(file->section("default"), nullptr);
  EXPECT_EQ(*file->section("default"),
            (Section{{"aws_access_key_id", "AKIA2"}, {"aws_secret_access_key", "a/b+c=#d;e"}}));
  ASSERT_NE(file->section("profile other"), nullptr);
  EXPECT_EQ(*file->section("profile other"),
            (Section{{"region", "eu-west-1"}, {"s3", ""}, {"empty", ""}, {"output", "a=b"}}));
  EXPECT_EQ(file->section("other"), nullptr);
  EXPECT_TRUE(IniFile::parse("/x", "").ok());
}

TEST(IniFile, bad_lines_are_named_by_their_number_only) {
  const std::pair<std::string, std::string> cases[] = {
      {"aws_secret_access_key = SECRET", "line 1"},
      {"[default\nSECRET = 1", "line 1"},
      {"[default]\n\n# x\nSECRET\n", "line 4"},
      {"[default]\n=SECRET", "line 2"},
      {"{\"SECRET\": 1}", "line 1"},
  };
  for (const auto& [text, line] : cases) {
    const auto file = IniFile::parse("/some/file", text);
    ASSERT_FALSE(file.ok()) << text;
    EXPECT_EQ(file.error().code(), ErrorCode::invalid_argument);
    EXPECT_NE(file.error().message().find(line + " of /some/file"), std::string::npos)
        << file.error().message();
    EXPECT_EQ(file.error().message().find("SECRET"), std::string::npos);
  }
}

}  // namespace
}  // namespace objectstore
