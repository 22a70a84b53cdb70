#include "runtime/directories.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <string>
#include <vector>

namespace objectstore {
namespace {

namespace fs = std::filesystem;

class Directories : public ::testing::Test {
 protected:
  Directories() {
    std::string pattern = ::testing::TempDir() + "/directories-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = fs::canonical(pattern);
  }
  ~Directories() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  // What was synced, relative to the test's own directory.
  std::vector<std::string> syncs_of(const fs::path& path) {
    std::vector<std::string> syncs;
    const auto made = make_directories_durably(path, [&](const fs::path& synced) {
      EXPECT_TRUE(fs::is_directory(synced));
      syncs.push_back(synced.lexically_relative(root_).string());
      return Result<void>();
    });
    EXPECT_TRUE(made.ok()) << made.error().describe();
    EXPECT_TRUE(fs::is_directory(path));
    return syncs;
  }

  fs::path root_;
};

using Syncs = std::vector<std::string>;

TEST_F(Directories, the_parent_of_each_that_is_made_is_synced) {
  EXPECT_EQ(syncs_of(root_ / "a" / "b" / "c"), (Syncs{".", "a", "a/b"}));
  EXPECT_EQ(syncs_of(root_ / "a" / "b" / "d" / ""), (Syncs{"a/b"}));
}

TEST_F(Directories, the_parent_of_one_that_is_there_is_synced_too) {
  fs::create_directories(root_ / "a" / "b");
  fs::create_directory_symlink(root_ / "a" / "b", root_ / "link");
  EXPECT_EQ(syncs_of(root_ / "a" / "b"), Syncs{"a"});
  EXPECT_EQ(syncs_of(root_ / "a" / "b" / ""), Syncs{"a"});
  EXPECT_EQ(syncs_of(root_ / "a" / "b" / "."), Syncs{"a"});
  EXPECT_EQ(syncs_of(root_ / "link"), Syncs{"a"});
}

TEST_F(Directories, a_sync_that_fails_is_told) {
  const auto fails = [](const fs::path&) { return Error(ErrorCode::io, "injected"); };
  EXPECT_FALSE(make_directories_durably(root_ / "new", fails).ok());
  EXPECT_FALSE(make_directories_durably(root_ / "new", fails).ok()) << "now that it is there";
}

TEST_F(Directories, real_ones_are_made_and_synced) {
  EXPECT_TRUE(make_directories_durably(root_ / "a" / "b").ok());
  EXPECT_TRUE(fs::is_directory(root_ / "a" / "b"));
  EXPECT_TRUE(make_directories_durably("/").ok());
  EXPECT_FALSE(sync_directory(root_ / "missing").ok());
}

TEST_F(Directories, a_file_in_the_way_is_named) {
  std::ofstream(root_ / "file") << "x";
  for (const auto& path : {root_ / "file", root_ / "file" / "below"}) {
    const auto made = make_directories_durably(path);
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.error().code(), ErrorCode::io);
    EXPECT_NE(made.error().describe().find((root_ / "file").string()), std::string::npos);
  }
}

}  // namespace
}  // namespace objectstore
