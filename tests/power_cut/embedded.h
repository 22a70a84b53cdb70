// The embedded default on one directory: the parts of app/storage.cc, wired as there, on a test's
// clock and randomness, with no thread of their own but those of RocksDB.
#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "app/data_directory.h"
#include "backends/filesystem/blob_store.h"
#include "backends/filesystem/posix_file_system.h"
#include "backends/rocksdb/rocksdb_change_log.h"
#include "backends/rocksdb/rocksdb_row_store.h"
#include "changelog/recovery.h"
#include "power_cut/phased_stores.h"
#include "testing/manual_clock.h"
#include "testing/recording_logger.h"
#include "testing/run.h"
#include "testing/seeded_random.h"
#include "tiered/tiered_store.h"

namespace objectstore::testing {

// Larger payloads become blobs; RocksDB keeps those above 2 KiB in files of their own.
inline constexpr std::size_t embedded_inline_limit = 8 << 10;

inline constexpr Duration mortal_life = std::chrono::seconds(20);

class Embedded {
 public:
  // Blocks, as all functions here. The references outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Embedded>> open(const std::filesystem::path& root,
                                                              ManualClock& clock,
                                                              SeededRandom& random);

  // nullopt: delete it.
  [[nodiscard]] Task<Result<void>> write(const std::string& object,
                                         const std::optional<std::string>& value);
  // Expires after `mortal_life`.
  [[nodiscard]] Task<Result<void>> write_mortal(const std::string& object,
                                                const std::string& value);
  // The client's connection breaks before the last byte.
  [[nodiscard]] Task<Result<void>> write_and_break_off(const std::string& object,
                                                       const std::string& value);
  // nullopt: no such object.
  [[nodiscard]] Result<std::optional<std::string>> read(const std::string& object);

  // Runs recovery until the log is empty, or has done nothing for long; returns what is left.
  [[nodiscard]] Result<std::size_t> recover();
  // Removes what has expired.
  [[nodiscard]] Result<void> sweep();
  // Makes RocksDB write all it has in memory into files.
  [[nodiscard]] Result<void> flush();
  [[nodiscard]] Result<void> compact();

  // Runs `task` and everything it leaves behind to the end, time going by for whoever sleeps.
  template <class T>
  T wait(Task<T> task) {
    std::optional<T> result;
    detail::spawn(context_, detail::store_result(std::move(task), &result));
    while (!result || store_->background_tasks() > 0) {
      context_.restart();
      // As nothing else is under way, what doesn't answer for so long sleeps.
      if (context_.run_one_for(std::chrono::milliseconds(5)) > 0) continue;
      const auto due = clock_.next_due();
      if (due) clock_.advance(*due - clock_.monotonic_now());
    }
    context_.restart();
    context_.poll();
    return *std::move(result);
  }

  [[nodiscard]] FilesystemBlobStore& blobs() { return *blobs_; }
  [[nodiscard]] RocksDbRowStore& rows() { return *rows_; }
  [[nodiscard]] RocksDbChangeLog& log() { return *log_; }

 private:
  Embedded(ManualClock& clock, SeededRandom& random) : clock_(clock), random_(random) {}
  [[nodiscard]] Result<void> open_parts(const DataDirectory& directory);
  void wire();
  [[nodiscard]] Task<Result<void>> put(const std::string& object, Metadata metadata,
                                       ByteStream& stream);
  // Waits until RocksDB has nothing to do in the background: what it does in which order then
  // depends on nothing but what was asked of it.
  void wait_for_idle_database();

  ManualClock& clock_;
  SeededRandom& random_;
  RecordingLogger logger_;
  boost::asio::io_context context_{1};
  InlinePool pool_;
  PosixFileSystem files_;
  std::unique_ptr<FilesystemBlobStore> blobs_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<CommitQueue> commits_;
  std::unique_ptr<RocksDbRowStore> rows_;
  std::unique_ptr<RocksDbChangeLog> log_;
  std::unique_ptr<PhasedStores> phased_;
  std::unique_ptr<OpenChanges> changes_;
  std::unique_ptr<TieredStore> store_;
  std::unique_ptr<Recovery> recovery_;
  std::unique_ptr<ExpirySweep> sweep_;
};

[[nodiscard]] ObjectId object_id(const std::string& object);

}  // namespace objectstore::testing
