// What the tests of this folder share: a database with its stores, and a disk that can fail.
#pragma once

#include <gtest/gtest.h>
#include <rocksdb/file_system.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "backends/rocksdb/rocksdb_change_log.h"
#include "backends/rocksdb/rocksdb_row_store.h"
#include "runtime/thread_pool.h"
#include "testing/manual_clock.h"
#include "testing/recording_logger.h"
#include "testing/row_values.h"
#include "testing/run.h"
#include "testing/scratch_directory.h"

namespace objectstore::testing {

// The real file system, but that the write-ahead log counts its syncs, can be held in one, and can
// be made to fail.
class WalFaults final : public rocksdb::FileSystemWrapper {
 public:
  enum class FailAt : std::uint8_t { nowhere, append, sync };

  WalFaults() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  [[nodiscard]] const char* Name() const override { return "WalFaults"; }

  [[nodiscard]] int syncs() const {
    const std::lock_guard lock(mutex_);
    return syncs_;
  }
  void fail(FailAt at, rocksdb::IOStatus status = rocksdb::IOStatus::NoSpace("injected")) {
    const std::lock_guard lock(mutex_);
    fail_at_ = at;
    status_ = std::move(status);
  }
  // Every sync waits from now on, until release().
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void wait_until_held() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }
  // Lets the engine's own threads go on, for a moment or until a sync begins.
  void linger() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(50));
  }
  void release() {
    {
      const std::lock_guard lock(mutex_);
      held_ = false;
    }
    changed_.notify_all();
  }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* context) override {
    auto status = FileSystemWrapper::NewWritableFile(name, options, file, context);
    if (status.ok() && name.ends_with(".log")) {
      *file = std::make_unique<WalFile>(*this, std::move(*file));
    }
    return status;
  }

 private:
  class WalFile final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    WalFile(WalFaults& owner, std::unique_ptr<rocksdb::FSWritableFile> file)
        : FSWritableFileOwnerWrapper(std::move(file)), owner_(owner) {}

    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* context) override {
      auto status = owner_.status_at(FailAt::append);
      if (!status.ok()) {
        // A full disk takes a part.
        (void)FSWritableFileOwnerWrapper::Append(rocksdb::Slice(data.data(), data.size() / 2),
                                                 options, context);
        return status;
      }
      return FSWritableFileOwnerWrapper::Append(data, options, context);
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             const rocksdb::DataVerificationInfo&,
                             rocksdb::IODebugContext* context) override {
      return Append(data, options, context);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* context) override {
      owner_.enter_sync();
      auto status = owner_.status_at(FailAt::sync);
      if (!status.ok()) return status;
      return FSWritableFileOwnerWrapper::Sync(options, context);
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* context) override {
      return Sync(options, context);
    }

   private:
    WalFaults& owner_;
  };

  rocksdb::IOStatus status_at(FailAt at) {
    const std::lock_guard lock(mutex_);
    return fail_at_ == at ? status_ : rocksdb::IOStatus::OK();
  }
  void enter_sync() {
    std::unique_lock lock(mutex_);
    ++syncs_;
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    --waiting_;
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int syncs_ = 0;
  int waiting_ = 0;
  bool held_ = false;
  FailAt fail_at_ = FailAt::nowhere;
  rocksdb::IOStatus status_;
};

inline std::unique_ptr<Database> open_database(const std::filesystem::path& path, Clock& clock,
                                               Logger& logger, rocksdb::Env* env = nullptr) {
  DatabaseSettings settings;
  settings.env = env;
  auto opened = Database::open(path, clock, logger, settings);
  EXPECT_TRUE(opened.ok()) << opened.error().describe();
  return opened.ok() ? std::move(opened).value() : nullptr;
}

// A database and what works on it, as one process has them.
struct RocksDbParts {
  RocksDbParts(const std::filesystem::path& path, Clock& clock, rocksdb::Env* env = nullptr,
               ReclaimSettings reclaim = {})
      : database(open_database(path, clock, logger, env)),
        commits(*database, clock, logger),
        rows(*database, commits, pool, reclaim),
        log(*database, commits, pool) {}

  Mutation::Outcome write(const std::string& key, const RowState& state, const Stamp& stamp) {
    return run(rows.write_unless_redirect(key, state, stamp)).outcome();
  }
  Result<Row> read(const std::string& key) { return run(rows.read(key, RowPart::everything)); }
  // The state as text, or the error's code.
  std::string state(const std::string& key) {
    const auto row = read(key);
    return row.ok() ? text_of(row->state) : std::string(to_string(row.error().code()));
  }
  // The stored value under `key`; empty: none.
  std::string raw(Column column, const std::string& key) {
    std::string value;
    (void)database->db().Get(rocksdb::ReadOptions(), database->column(column), key, &value);
    return value;
  }
  void put_raw(Column column, const std::string& key, const std::string& value) {
    const auto status =
        database->db().Put(rocksdb::WriteOptions(), database->column(column), key, value);
    EXPECT_TRUE(status.ok());
  }
  std::vector<std::string> keys(Column column) {
    std::vector<std::string> found;
    const std::unique_ptr<rocksdb::Iterator> it(
        database->db().NewIterator(rocksdb::ReadOptions(), database->column(column)));
    for (it->SeekToFirst(); it->Valid(); it->Next())
      found.push_back(it->key().ToString());
    return found;
  }

  RecordingLogger logger;
  ThreadPool pool{2, 64};
  std::unique_ptr<Database> database;
  CommitQueue commits;
  RocksDbRowStore rows;
  RocksDbChangeLog log;
};

// Mutations that are under way at the same time, on one executor.
class Together {
 public:
  void start(Task<Mutation> mutation) {
    auto& outcome = outcomes_.emplace_back();
    boost::asio::co_spawn(context_, keep_outcome(std::move(mutation), outcome),
                          [](const std::exception_ptr& error) {
                            if (error) std::terminate();
                          });
  }
  // Runs each to the point where it waits for the commit thread.
  void submit() { context_.poll(); }
  std::vector<Mutation::Outcome> finish() {
    context_.run();
    std::vector<Mutation::Outcome> all;
    for (const auto& outcome : outcomes_)
      all.push_back(outcome.value());
    return all;
  }

 private:
  using Outcome = std::optional<Mutation::Outcome>;

  static Task<void> keep_outcome(Task<Mutation> mutation, Outcome& outcome) {
    const auto done = co_await std::move(mutation);
    outcome = done.outcome();
  }

  boost::asio::io_context context_{1};
  std::deque<Outcome> outcomes_;
};

inline std::uintmax_t bytes_below(const std::filesystem::path& path) {
  std::uintmax_t total = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    std::error_code gone;
    const auto size = entry.is_regular_file() ? entry.file_size(gone) : 0;
    if (!gone) total += size;
  }
  return total;
}

// The files of `from` as a process killed now would leave them.
inline void copy_as_after_a_crash(const std::filesystem::path& from,
                                  const std::filesystem::path& to) {
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

}  // namespace objectstore::testing
