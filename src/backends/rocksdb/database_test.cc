#include "backends/rocksdb/database.h"

#include <fcntl.h>
#include <rocksdb/env.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "backends/rocksdb/test_support.h"

namespace objectstore::testing {
namespace {

using Outcome = Mutation::Outcome;

TEST(Database, reopening_keeps_everything) {
  const ScratchDirectory directory;
  ManualClock clock;
  const auto path = directory.path() / "rows";
  const auto deadline = clock.now() + std::chrono::hours(1);
  LogEntry entry;
  entry.change.id = uuid_of(9);
  entry.change.object = "u/objects/r";
  entry.change.new_revision = revision_of("u/objects/r", 1);
  {
    RocksDbParts parts(path, clock);
    ASSERT_EQ(parts.write("u/objects/i", inline_state("payload", deadline), stamp_of(1)),
              Outcome::applied);
    ASSERT_EQ(parts.write("u/objects/d", AbsentRow{}, stamp_of(2)), Outcome::applied);
    ASSERT_TRUE(run(parts.rows.open_intent("u/objects/r", attempt_of(1), {})).is_applied());
    const auto redirect = redirect_state("u/objects/r", 1);
    ASSERT_TRUE(
        run(parts.rows.commit("u/objects/r", attempt_of(1), redirect, stamp_of(3))).is_applied());
    IntentCondition condition;
    condition.stamp = stamp_of(3);
    condition.redirect = revision_of("u/objects/r", 1);
    ASSERT_TRUE(run(parts.rows.open_intent("u/objects/r", attempt_of(2), condition)).is_applied());
    ASSERT_TRUE(run(parts.log.record({entry}, 77)).ok());
  }
  RocksDbParts parts(path, clock);
  EXPECT_EQ(parts.state("u/objects/i"), "inline payload");
  EXPECT_EQ(parts.state("u/objects/d"), "absent");
  EXPECT_EQ(parts.read("u/objects/d")->stamp, stamp_of(2));
  EXPECT_EQ(parts.state("u/objects/r"), text_of(redirect_state("u/objects/r", 1)));
  const auto found = run(parts.rows.fence("u/objects/r", attempt_of(2)));
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(*found, FenceFound::open);
  const auto request = ScanRequest::all(10);
  const auto entries = run(parts.log.scan(request));
  ASSERT_TRUE(entries.ok());
  ASSERT_EQ(entries->size(), 1U);
  EXPECT_EQ(std::get<LogEntry>(entries->at(0).content), entry);
  const auto swept = run(parts.rows.sweep(deadline + std::chrono::seconds(1), "", 10));
  ASSERT_TRUE(swept.ok());
  EXPECT_EQ(swept->collected, 1U);
}

TEST(Database, a_second_open_says_that_it_is_open_already) {
  const ScratchDirectory directory;
  ManualClock clock;
  RecordingLogger logger;
  const auto path = directory.path() / "rows";
  const auto first = open_database(path, clock, logger);
  const auto second = Database::open(path, clock, logger, DatabaseSettings());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), ErrorCode::unavailable);
  const auto text = second.error().describe();
  EXPECT_NE(text.find("another process has the database"), std::string::npos) << text;
  EXPECT_NE(text.find(path.string()), std::string::npos) << text;
}

// Holds the lock on a file in a process of its own.
class LockHolder {
 public:
  explicit LockHolder(const std::filesystem::path& file) {
    int ready[2];
    EXPECT_EQ(::pipe(ready), 0);
    child_ = ::fork();
    if (child_ == 0) {
      struct flock lock {};
      lock.l_type = F_WRLCK;
      const int fd = ::open(file.c_str(), O_RDWR | O_CREAT, 0600);
      const char locked = ::fcntl(fd, F_SETLK, &lock) == 0 ? 1 : 0;
      (void)!::write(ready[1], &locked, 1);
      while (true)
        ::pause();
    }
    char locked = 0;
    EXPECT_EQ(::read(ready[0], &locked, 1), 1);
    EXPECT_EQ(locked, 1);
    ::close(ready[0]);
    ::close(ready[1]);
  }
  LockHolder(const LockHolder&) = delete;
  LockHolder& operator=(const LockHolder&) = delete;
  ~LockHolder() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }

 private:
  pid_t child_ = -1;
};

TEST(Database, a_database_that_another_process_holds_is_left_alone) {
  const ScratchDirectory directory;
  ManualClock clock;
  RecordingLogger logger;
  { const auto made = open_database(directory.path(), clock, logger); }
  const LockHolder holder(directory.path() / "LOCK");
  const auto opened = Database::open(directory.path(), clock, logger, DatabaseSettings());
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code(), ErrorCode::unavailable) << opened.error().describe();
}

// A file system on which one kind of file can't be made.
class RefusesFiles final : public rocksdb::FileSystemWrapper {
 public:
  RefusesFiles() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  [[nodiscard]] const char* Name() const override { return "RefusesFiles"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions&,
                                    std::unique_ptr<rocksdb::FSWritableFile>*,
                                    rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::IOError(name, "Input/output error");
  }
};

TEST(Database, an_error_on_a_path_that_holds_the_word_lock_is_told_as_it_is) {
  const ScratchDirectory directory;
  ManualClock clock;
  RecordingLogger logger;
  const auto env = rocksdb::NewCompositeEnv(std::make_shared<RefusesFiles>());
  DatabaseSettings settings;
  settings.env = env.get();
  const auto opened = Database::open(directory.path() / "blocks", clock, logger, settings);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code(), ErrorCode::io) << opened.error().describe();
}

TEST(Database, a_path_that_is_a_file_is_refused) {
  const ScratchDirectory directory;
  ManualClock clock;
  RecordingLogger logger;
  std::ofstream(directory.path() / "file") << "x";
  const auto opened = Database::open(directory.path() / "file" / "rows", clock, logger, {});
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code(), ErrorCode::io);
}

TEST(Database, an_unknown_format_version_is_refused_with_instructions) {
  const ScratchDirectory directory;
  ManualClock clock;
  RecordingLogger logger;
  const auto path = directory.path() / "rows";
  {
    RocksDbParts parts(path, clock);
    EXPECT_EQ(parts.raw(Column::base, "format"), "1");
    parts.put_raw(Column::base, "format", "2");
  }
  const auto opened = Database::open(path, clock, logger, DatabaseSettings());
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code(), ErrorCode::conflict);
  const auto text = opened.error().describe();
  EXPECT_NE(text.find("format version 2"), std::string::npos) << text;
  EXPECT_NE(text.find("run the program that wrote it"), std::string::npos) << text;
}

TEST(Database, a_disk_too_full_to_replay_the_logs_is_refused_with_instructions) {
  const ScratchDirectory directory;
  ManualClock clock;
  RecordingLogger logger;
  const auto path = directory.path() / "rows";
  const auto made = directory.path() / "made";
  {
    RocksDbParts parts(made, clock);
    ASSERT_EQ(parts.write("u/objects/k", inline_state(std::string(100'000, 'x')), stamp_of(1)),
              Outcome::applied);
    copy_as_after_a_crash(made, path);
  }
  const auto needed = bytes_to_open(path);
  EXPECT_EQ(bytes_to_open(directory.path() / "missing"), 4U << 20);
  EXPECT_GT(needed, (4U << 20) + 100'000);
  DatabaseSettings settings;
  settings.available_bytes = needed - 1;
  const auto refused = Database::open(path, clock, logger, settings);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::out_of_space);
  const auto text = refused.error().describe();
  EXPECT_NE(text.find("needs " + std::to_string(needed)), std::string::npos) << text;
  EXPECT_NE(text.find("free at least 1 bytes and start again"), std::string::npos) << text;
  settings.available_bytes = needed;
  const auto opened = Database::open(path, clock, logger, settings);
  EXPECT_TRUE(opened.ok()) << opened.error().describe();
}

std::filesystem::path newest_log(const std::filesystem::path& path) {
  std::filesystem::path newest;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.path().extension() == ".log" && entry.path().filename() > newest.filename()) {
      newest = entry.path();
    }
  }
  return newest;
}

TEST(Database, a_torn_tail_of_the_log_loses_at_most_what_was_written_last) {
  const ScratchDirectory directory;
  ManualClock clock;
  const auto path = directory.path() / "rows";
  constexpr int count = 20;
  RocksDbParts parts(path, clock);
  for (int i = 0; i < count; ++i) {
    ASSERT_EQ(parts.write("u/objects/" + std::to_string(i), inline_state("payload"), stamp_of(1)),
              Outcome::applied);
  }
  int lost = 0;
  for (const std::uintmax_t cut : {0, 1, 7, 30, 60}) {
    const auto copy = directory.path() / ("copy" + std::to_string(cut));
    copy_as_after_a_crash(path, copy);
    const auto log = newest_log(copy);
    std::filesystem::resize_file(log, std::filesystem::file_size(log) - cut);
    RocksDbParts reopened(copy, clock);
    for (int i = 0; i < count - 1; ++i) {
      EXPECT_EQ(reopened.state("u/objects/" + std::to_string(i)), "inline payload") << cut;
    }
    const auto last = reopened.state("u/objects/" + std::to_string(count - 1));
    EXPECT_EQ(last, cut == 0 ? "inline payload" : "absent") << "a batch is there whole or not";
    lost += last == "absent";
    EXPECT_EQ(reopened.write("u/objects/more", inline_state("more"), stamp_of(1)),
              Outcome::applied);
  }
  EXPECT_EQ(lost, 4);
}

TEST(Database, compaction_drops_rows_of_which_only_an_old_stamp_is_left) {
  const ScratchDirectory directory;
  ManualClock clock;
  RocksDbParts parts(directory.path() / "rows", clock);
  const auto compact = [&] {
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    ASSERT_TRUE(parts.database->db()
                    .CompactRange(options, parts.database->column(Column::rows), nullptr, nullptr)
                    .ok());
  };
  ASSERT_EQ(parts.write("old", AbsentRow{}, stamp_of(1)), Outcome::applied);
  ASSERT_EQ(parts.write("inline", inline_state("payload"), stamp_of(1)), Outcome::applied);
  ASSERT_TRUE(run(parts.rows.open_intent("redirect", attempt_of(1), {})).is_applied());
  const auto redirect = redirect_state("redirect", 1);
  ASSERT_TRUE(
      run(parts.rows.commit("redirect", attempt_of(1), redirect, stamp_of(1))).is_applied());
  ASSERT_EQ(parts.write("intent", AbsentRow{}, stamp_of(1)), Outcome::applied);
  parts.put_raw(Column::rows, "unreadable", "what another program wrote");
  clock.advance(std::chrono::hours(7 * 24));
  ASSERT_NO_FATAL_FAILURE(compact());
  EXPECT_NE(parts.raw(Column::rows, "old"), "") << "not before seven days are over";

  clock.advance(std::chrono::milliseconds(1));
  IntentCondition condition;
  condition.stamp = stamp_of(1);
  const auto young = attempt_of(2, unix_ms(clock.now()));
  ASSERT_TRUE(run(parts.rows.open_intent("intent", young, condition)).is_applied());
  ASSERT_EQ(parts.write("young", AbsentRow{}, stamp_of(1)), Outcome::applied);
  ASSERT_NO_FATAL_FAILURE(compact());
  EXPECT_EQ(parts.keys(Column::rows),
            (std::vector<std::string>{"inline", "intent", "redirect", "unreadable", "young"}));
  EXPECT_EQ(parts.read("inline")->stamp, stamp_of(1)) << "beside a state stamps stay";
  EXPECT_EQ(parts.read("redirect")->stamp, stamp_of(1));
}

}  // namespace
}  // namespace objectstore::testing
