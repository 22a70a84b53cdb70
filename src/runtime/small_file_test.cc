#include "runtime/small_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string_view>

#include "testing/scratch_directory.h"

namespace objectstore {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t mebibyte = 1 << 20;

class SmallFileTest : public ::testing::Test {
 protected:
  [[nodiscard]] fs::path path(const std::string& name) const { return directory_.path() / name; }
  [[nodiscard]] std::string write(const std::string& name, std::string_view text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  // The whole text of the error.
  static void expect_error(const std::string& path, const std::string& text) {
    const auto read = read_small_file(path);
    ASSERT_FALSE(read.ok()) << path;
    EXPECT_EQ(read.error().code(), ErrorCode::io);
    EXPECT_EQ(read.error().describe(), text);
  }

  testing::ScratchDirectory directory_;
};

TEST_F(SmallFileTest, a_file_is_read_as_it_is) {
  const std::string text("a\0\r\n\xff", 5);
  const auto read = read_small_file(write("file", text));
  ASSERT_TRUE(read.ok()) << read.error().describe();
  EXPECT_EQ(*read, text);
}

TEST_F(SmallFileTest, links_are_followed) {
  fs::create_symlink(write("file", "text"), path("link"));
  const auto read = read_small_file(path("link"));
  ASSERT_TRUE(read.ok()) << read.error().describe();
  EXPECT_EQ(*read, "text");
}

TEST_F(SmallFileTest, an_empty_file_is_there) {
  const auto read = read_small_file(write("file", ""));
  ASSERT_TRUE(read.ok()) << read.error().describe();
  EXPECT_EQ(*read, "");
}

TEST_F(SmallFileTest, a_file_that_is_missing_is_none) {
  fs::create_symlink(path("nowhere"), path("link"));
  for (const auto& missing : {path("absent"), path("absent") / "file", path("link")}) {
    const auto read = read_small_file(missing);
    ASSERT_TRUE(read.ok()) << read.error().describe();
    EXPECT_FALSE(read->has_value()) << missing;
  }
}

TEST_F(SmallFileTest, a_mebibyte_is_read_and_no_more) {
  const std::string longest(mebibyte, 'a');
  const auto read = read_small_file(write("longest", longest));
  ASSERT_TRUE(read.ok()) << read.error().describe();
  EXPECT_TRUE(*read == longest);
  const auto longer = write("longer", longest + 'a');
  expect_error(longer, "file " + longer + " is larger than a mebibyte");
}

TEST_F(SmallFileTest, a_directory_is_refused) {
  const std::string directory = directory_.path();
  expect_error(directory, "can't read file " + directory + ": Is a directory");
}

TEST_F(SmallFileTest, a_file_below_a_file_is_refused) {
  const auto below = write("file", "text") + "/below";
  expect_error(below, "can't read file " + below + ": Not a directory");
}

// Nobody writes to it: who waits for that waits for ever.
TEST_F(SmallFileTest, a_pipe_is_refused_at_once) {
  const std::string pipe = path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  expect_error(pipe, "can't read file " + pipe + ": is not a regular file");
}

TEST_F(SmallFileTest, devices_are_refused_but_the_one_without_content) {
  const auto read = read_small_file("/dev/null");
  ASSERT_TRUE(read.ok()) << read.error().describe();
  EXPECT_EQ(*read, "");
  expect_error("/dev/zero", "can't read file /dev/zero: is not a regular file");
}

TEST_F(SmallFileTest, a_file_of_somebody_else_is_refused) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const auto locked = write("locked", "text");
  ASSERT_EQ(::chmod(locked.c_str(), 0), 0);
  expect_error(locked, "can't read file " + locked + ": Permission denied");
}

}  // namespace
}  // namespace objectstore
