#include "runtime/file_watch.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>

#include "runtime/task_scope.h"
#include "testing/manual_clock.h"
#include "testing/recording_logger.h"
#include "testing/scratch_directory.h"

namespace objectstore {
namespace {

namespace fs = std::filesystem;
using testing::run_for;
using testing::run_ready;

class FileWatchTest : public ::testing::Test {
 protected:
  ~FileWatchTest() override { stop(); }

  void watch(const std::vector<fs::path>& paths) {
    WatchedFiles files;
    files.what = "keys";
    files.looks = FileLooks(std::vector<std::string>(paths.begin(), paths.end()));
    files.reload = [this]() -> Result<void> {
      ++reloads_;
      if (!error_.empty()) return Error(ErrorCode::invalid_argument, error_);
      return {};
    };
    scope_.spawn(context_.get_executor(), watch_files(std::move(files), pool_, clock_, logger_));
    run_ready(context_);
  }
  // The reloads of one interval.
  int next_interval() {
    const int before = reloads_;
    run_for(context_, clock_, std::chrono::seconds(4));
    return reloads_ - before;
  }
  void stop() {
    scope_.request_stop();
    run_ready(context_);
  }

  [[nodiscard]] fs::path path(const std::string& name) const { return directory_.path() / name; }
  static void write(const fs::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
  }
  // As Kubernetes exchanges a volume's files: `..data` points to another directory at once.
  void point_data_to(const std::string& version, std::string_view text) const {
    fs::create_directory(path(version));
    write(path(version) / "key.pem", text);
    fs::create_directory_symlink(version, path("..data_tmp"));
    fs::rename(path("..data_tmp"), path("..data"));
  }

  boost::asio::io_context context_{1};
  testing::ScratchDirectory directory_;
  testing::ManualClock clock_;
  InlinePool pool_;
  testing::RecordingLogger logger_;
  TaskScope scope_;
  int reloads_ = 0;
  std::string error_;  // of each reload; empty: none
};

TEST_F(FileWatchTest, files_that_stay_as_they_are_are_not_read_again) {
  write(path("a"), "1");
  watch({path("a"), path("absent")});
  EXPECT_EQ(next_interval(), 0);
  EXPECT_EQ(next_interval(), 0);
  EXPECT_TRUE(logger_.lines().empty());
}

TEST_F(FileWatchTest, each_kind_of_change_is_seen_once) {
  write(path("a"), "1");
  watch({path("a"), path("b")});

  write(path("a"), "22");
  EXPECT_EQ(next_interval(), 1) << "rewritten";
  EXPECT_EQ(next_interval(), 0);

  write(path("new"), "33");
  fs::rename(path("new"), path("a"));
  EXPECT_EQ(next_interval(), 1) << "renamed over";
  EXPECT_EQ(next_interval(), 0);

  write(path("b"), "1");
  EXPECT_EQ(next_interval(), 1) << "appeared";
  fs::remove(path("b"));
  EXPECT_EQ(next_interval(), 1) << "went";
  EXPECT_EQ(next_interval(), 0);

  fs::last_write_time(path("a"), fs::last_write_time(path("a")) - std::chrono::hours(1));
  EXPECT_EQ(next_interval(), 1) << "of another time";

  fs::permissions(path("a"), fs::perms::owner_read);
  EXPECT_EQ(next_interval(), 1) << "readable for others";
  EXPECT_EQ(next_interval(), 0);
  EXPECT_EQ(logger_.count("what=keys"), 6U);
}

TEST_F(FileWatchTest, a_renamed_file_of_the_same_size_and_time_is_another) {
  write(path("a"), "1");
  write(path("new"), "2");
  fs::last_write_time(path("new"), fs::last_write_time(path("a")));
  watch({path("a")});
  fs::rename(path("new"), path("a"));
  EXPECT_EQ(next_interval(), 1);
}

TEST_F(FileWatchTest, links_are_followed) {
  point_data_to("..2026_1", "1");
  fs::create_symlink("..data/key.pem", path("key.pem"));
  watch({path("key.pem")});
  EXPECT_EQ(next_interval(), 0);
  point_data_to("..2026_2", "2");
  EXPECT_EQ(next_interval(), 1);
  EXPECT_EQ(next_interval(), 0);
}

TEST_F(FileWatchTest, several_changes_in_one_interval_are_one) {
  write(path("a"), "1");
  write(path("b"), "1");
  watch({path("a"), path("b")});
  write(path("a"), "22");
  write(path("b"), "22");
  EXPECT_EQ(next_interval(), 1);
}

TEST_F(FileWatchTest, a_change_between_the_look_and_the_watch_is_seen) {
  write(path("a"), "1");
  WatchedFiles files;
  files.looks = FileLooks({path("a")});
  files.reload = [this]() -> Result<void> {
    ++reloads_;
    return {};
  };
  write(path("a"), "22");
  scope_.spawn(context_.get_executor(), watch_files(std::move(files), pool_, clock_, logger_));
  run_ready(context_);
  EXPECT_EQ(reloads_, 0);
  EXPECT_EQ(next_interval(), 1);
  EXPECT_EQ(next_interval(), 0);
}

TEST_F(FileWatchTest, what_changes_while_it_is_read_is_read_again) {
  write(path("a"), "1");
  WatchedFiles files;
  files.looks = FileLooks({path("a")});
  files.reload = [this]() -> Result<void> {
    if (++reloads_ == 1) write(path("a"), "333");
    return {};
  };
  scope_.spawn(context_.get_executor(), watch_files(std::move(files), pool_, clock_, logger_));
  run_ready(context_);
  write(path("a"), "22");
  EXPECT_EQ(next_interval(), 1);
  EXPECT_EQ(next_interval(), 1);
  EXPECT_EQ(next_interval(), 0);
}

TEST_F(FileWatchTest, bad_files_are_told_once_for_each_change) {
  write(path("a"), "1");
  watch({path("a")});
  error_ = "bad file";
  write(path("a"), "22");
  next_interval();
  next_interval();
  ASSERT_EQ(logger_.lines().size(), 1U);
  EXPECT_EQ(logger_.lines().front().level, LogLevel::error);
  EXPECT_EQ(logger_.lines().front().fields, "what=keys error=bad file");
  write(path("a"), "333");
  EXPECT_EQ(next_interval(), 1);
  EXPECT_EQ(logger_.count("bad file"), 2U);
  error_.clear();
  write(path("a"), "4444");
  EXPECT_EQ(next_interval(), 1);
  EXPECT_EQ(logger_.lines().back().level, LogLevel::info);
}

// Why they were bad may pass without a change of theirs: no descriptors left, a disk's hiccup.
TEST_F(FileWatchTest, bad_files_are_read_until_they_are_good) {
  write(path("a"), "1");
  watch({path("a")});
  error_ = "too many open files";
  write(path("a"), "22");
  EXPECT_EQ(next_interval(), 1);
  EXPECT_EQ(next_interval(), 1);
  error_.clear();
  EXPECT_EQ(next_interval(), 1);
  ASSERT_EQ(logger_.lines().size(), 2U);
  EXPECT_EQ(logger_.lines().back().level, LogLevel::info);
  EXPECT_EQ(next_interval(), 0);
  EXPECT_EQ(logger_.lines().size(), 2U) << "told once";
}

TEST_F(FileWatchTest, another_error_of_the_same_files_is_told) {
  write(path("a"), "1");
  watch({path("a")});
  error_ = "one";
  write(path("a"), "22");
  next_interval();
  error_ = "other";
  next_interval();
  next_interval();
  ASSERT_EQ(logger_.lines().size(), 2U);
  EXPECT_EQ(logger_.lines().back().fields, "what=keys error=other");
}

TEST_F(FileWatchTest, files_and_directories_may_go_and_come_back) {
  fs::create_directory(path("below"));
  write(path("below") / "a", "1");
  watch({path("below") / "a"});
  fs::remove_all(path("below"));
  error_ = "no such file";
  EXPECT_EQ(next_interval(), 1);
  write(path("below"), "a file instead of the directory");
  EXPECT_EQ(next_interval(), 1);
  EXPECT_EQ(logger_.count("no such file"), 1U) << "it is still not there";
  fs::remove(path("below"));
  fs::create_directory(path("below"));
  write(path("below") / "a", "1");
  error_.clear();
  EXPECT_EQ(next_interval(), 1);
  EXPECT_EQ(next_interval(), 0);
  EXPECT_EQ(logger_.lines().size(), 2U);
}

TEST_F(FileWatchTest, looks_only_after_each_interval) {
  write(path("a"), "1");
  watch({path("a")});
  write(path("a"), "22");
  run_for(context_, clock_, std::chrono::milliseconds(3999));
  EXPECT_EQ(reloads_, 0);
  run_for(context_, clock_, std::chrono::milliseconds(1));
  EXPECT_EQ(reloads_, 1);
}

TEST_F(FileWatchTest, ends_as_soon_as_it_is_stopped) {
  write(path("a"), "1");
  watch({path("a")});
  EXPECT_EQ(scope_.running(), 1U);
  write(path("a"), "22");
  stop();
  EXPECT_EQ(scope_.running(), 0U);
  EXPECT_EQ(reloads_, 0);
}

}  // namespace
}  // namespace objectstore
