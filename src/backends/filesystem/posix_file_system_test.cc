#include "backends/filesystem/posix_file_system.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "backends/filesystem/posix_file.h"
#include "backends/filesystem/test_support.h"

namespace objectstore {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PosixFileSystemTest : public ::testing::Test {
 protected:
  PosixFileSystemTest() : tree(std::move(*PosixFileSystem().open_tree(directory.path()))) {}

  TestDirectory directory;
  std::unique_ptr<FileTree> tree;
};

TEST_F(PosixFileSystemTest, error_numbers_become_codes_that_name_the_path) {
  const struct {
    int number;
    ErrorCode code;
  } cases[] = {{ENOSPC, ErrorCode::out_of_space},
               {EDQUOT, ErrorCode::out_of_space},
               {EIO, ErrorCode::io},
               {EACCES, ErrorCode::io},
               {ENOTDIR, ErrorCode::conflict},
               {EISDIR, ErrorCode::conflict}};
  for (const auto& c : cases) {
    const auto error = errno_error("write", "/data/x", c.number);
    EXPECT_EQ(error.code(), c.code) << c.number;
    EXPECT_THAT(error.message(), HasSubstr("cannot write /data/x: "));
  }
}

TEST_F(PosixFileSystemTest, a_root_is_made_with_the_directories_above_it) {
  ASSERT_TRUE(PosixFileSystem().open_tree(directory.path("a/b/c/")).ok());
  EXPECT_TRUE(directory.has("a/b/c"));
  directory.write("file", "x");
  EXPECT_FALSE(PosixFileSystem().open_tree(directory.path("file")).ok());
  EXPECT_FALSE(PosixFileSystem().open_tree(directory.path("file/below")).ok());
}

TEST_F(PosixFileSystemTest, bytes_come_back_and_reads_end_with_the_file) {
  const auto file = std::move(*tree->create("f"));
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->write_at(0, "hello").ok());
  ASSERT_TRUE(file->write_at(5, " world").ok());
  ASSERT_TRUE(file->write_at(0, "J").ok());
  ASSERT_TRUE(file->sync().ok());
  file->start_writeback(0, 11);
  std::string into(20, '?');
  EXPECT_EQ(*file->read_at(6, into), 5);
  EXPECT_EQ(into.substr(0, 6), "world?");
  EXPECT_EQ(*file->read_at(11, into), 0);
  EXPECT_EQ(file->status()->size, 11);
  EXPECT_EQ(directory.read("f"), "Jello world");
}

TEST_F(PosixFileSystemTest, absence_and_presence_are_values) {
  EXPECT_EQ(*tree->open("none"), nullptr);
  EXPECT_EQ(*tree->open("no/such"), nullptr);
  EXPECT_FALSE(tree->status("none")->has_value());
  EXPECT_FALSE(*tree->unlink("none"));
  EXPECT_FALSE(*tree->remove_directory("none"));
  EXPECT_FALSE(*tree->sync_directory("none"));
  EXPECT_TRUE(*tree->make_directory("d"));
  EXPECT_FALSE(*tree->make_directory("d"));
  EXPECT_TRUE(*tree->sync_directory("d"));
  EXPECT_TRUE(*tree->sync_directory(""));
  EXPECT_TRUE(tree->sync_everything().ok());
  EXPECT_TRUE((*tree->status("d"))->is_directory);
  ASSERT_TRUE(*tree->create("d/f"));
  EXPECT_EQ(*tree->create("d/f"), nullptr);
  EXPECT_FALSE(*tree->remove_directory("d"));
  EXPECT_TRUE(*tree->unlink("d/f"));
  EXPECT_TRUE(*tree->remove_directory("d"));
}

TEST_F(PosixFileSystemTest, a_rename_to_a_new_name_never_replaces) {
  directory.write("from", "new");
  directory.write("taken", "old");
  EXPECT_EQ(*tree->rename_to_new("from", "taken"), Renamed::target_exists);
  EXPECT_EQ(directory.read("taken"), "old");
  EXPECT_EQ(*tree->rename_to_new("from", "free"), Renamed::done);
  EXPECT_EQ(*tree->rename_to_new("from", "other"), Renamed::source_missing);
  EXPECT_TRUE(tree->rename_over("free", "taken").ok());
  EXPECT_EQ(directory.read("taken"), "new");
}

TEST_F(PosixFileSystemTest, files_and_directories_in_each_others_place_conflict) {
  directory.write("d/f", "x");
  directory.write("file", "x");
  EXPECT_EQ(code_of(tree->open("d")), ErrorCode::conflict);
  EXPECT_EQ(code_of(tree->unlink("d")), ErrorCode::conflict);
  EXPECT_EQ(code_of(tree->rename_over("file", "d")), ErrorCode::conflict);
  EXPECT_EQ(code_of(tree->rename_over("file", "d/f/x")), ErrorCode::conflict);
  EXPECT_EQ(code_of(tree->make_directory("file/x")), ErrorCode::conflict);
  EXPECT_EQ(code_of(tree->create("file/x")), ErrorCode::conflict);
  EXPECT_EQ(*tree->open("file/x"), nullptr);
}

TEST_F(PosixFileSystemTest, no_path_leads_out_of_the_root) {
  TestDirectory outside;
  outside.write("f", "secret");
  std::filesystem::create_directory_symlink(outside.path(), directory.path("link"));
  std::filesystem::create_symlink(outside.path("f"), directory.path("file"));
  const std::string paths[] = {"link/f",
                               "file",
                               "../f",
                               "..",
                               ".",
                               "a/../f",
                               "/etc/passwd",
                               "a//b",
                               "",
                               "a/",
                               std::string("f\0", 2)};
  for (const auto& path : paths) {
    const auto opened = tree->open(path);
    EXPECT_TRUE(!opened.ok() || *opened == nullptr) << path;
  }
  EXPECT_FALSE(tree->create("link/new").ok());
  EXPECT_FALSE(tree->make_directory("link/new").ok());
  EXPECT_FALSE(*tree->unlink("link/f"));
  EXPECT_FALSE(tree->list("link").ok());
  EXPECT_FALSE(*tree->sync_directory("link"));
  EXPECT_THAT(outside.files(), ElementsAre("f"));
}

TEST_F(PosixFileSystemTest, special_files_are_refused_without_waiting) {
  ASSERT_EQ(::mkfifo(directory.path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(code_of(tree->open("pipe")), ErrorCode::io);
}

TEST_F(PosixFileSystemTest, names_are_listed_sorted) {
  EXPECT_THAT(*tree->list(""), IsEmpty());
  directory.write("b", "");
  directory.write("a", "");
  directory.write("c/x", "");
  EXPECT_THAT(*tree->list(""), ElementsAre("a", "b", "c"));
  EXPECT_THAT(*tree->list("c"), ElementsAre("x"));
  EXPECT_FALSE(tree->list("none").ok());
}

TEST_F(PosixFileSystemTest, one_open_file_holds_the_lock_until_it_is_closed) {
  auto first = std::move(*tree->create("f"));
  const auto second = std::move(*tree->open("f"));
  EXPECT_TRUE(*first->try_lock());
  EXPECT_FALSE(*second->try_lock());
  first.reset();
  EXPECT_TRUE(*second->try_lock());
  EXPECT_EQ(second->status()->links, 1);
  EXPECT_TRUE(*tree->unlink("f"));
  EXPECT_EQ(second->status()->links, 0);
}

}  // namespace
}  // namespace objectstore
