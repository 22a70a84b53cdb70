// One RocksDB database: rows, their payloads, the index of deadlines, and the change log.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "runtime/clock.h"
#include "runtime/log.h"

namespace objectstore {

enum class Column : std::uint8_t { base, rows, payloads, expiry, changelog };
inline constexpr std::size_t column_count = 5;

struct DatabaseSettings {
  std::size_t block_cache_bytes = 32 << 20;
  std::size_t write_buffer_bytes = 32 << 20;     // of all column families together
  rocksdb::Env* env = nullptr;                   // null: the real one; tests inject faults by it
  std::optional<std::uint64_t> available_bytes;  // on the disk, for tests; nothing: it is asked
};

// Closes the database when it goes. Thread-safe.
class Database {
 public:
  // Opens the database in `path`, or makes it. A last batch that was torn while it was written, and
  // so never acknowledged, is left out, and logged as an error. Errors say what to do: another
  // process has it open, its format version is not this program's, it is corrupt, the disk is full.
  [[nodiscard]] static Result<std::unique_ptr<Database>> open(const std::filesystem::path& path,
                                                              Clock& clock, Logger& logger,
                                                              const DatabaseSettings& settings);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Whether the log file that the next write goes to has failed. RocksDB leaves such a file when it
  // recovers with anything in memory; without, a write to it would end the process.
  [[nodiscard]] bool log_is_broken() const;
  // Writes something that is always there, so that memory is not empty after a flush of all.
  [[nodiscard]] Result<void> keep_memory_in_use();

  [[nodiscard]] rocksdb::DB& db() { return *db_; }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* column(Column column) const {
    return handles_[static_cast<std::size_t>(column)];
  }

 private:
  using Columns = std::vector<rocksdb::ColumnFamilyDescriptor>;

  Database() = default;
  class LogWatcher;
  [[nodiscard]] rocksdb::Status open_in(const std::filesystem::path& path, const Columns& columns,
                                        const DatabaseSettings& settings,
                                        rocksdb::WALRecoveryMode mode);
  [[nodiscard]] Result<void> open_without_torn_batch(const std::filesystem::path& path,
                                                     const Columns& columns,
                                                     const DatabaseSettings& settings,
                                                     Logger& logger, const Error& corruption);
  [[nodiscard]] Result<void> check_format();

  std::unique_ptr<rocksdb::Env> env_;
  std::shared_ptr<LogWatcher> log_watcher_;
  std::array<rocksdb::ColumnFamilyHandle*, column_count> handles_{};
  std::unique_ptr<rocksdb::DB> db_;
};

// What the disk needs to have free before the database in `directory` can be opened: RocksDB ends
// the process when it finds no space while it replays the logs.
[[nodiscard]] std::uint64_t bytes_to_open(const std::filesystem::path& directory);

// out_of_space, unavailable, corrupt or io, with RocksDB's own text as the cause.
[[nodiscard]] Error to_error(const rocksdb::Status& status, std::string context);

inline rocksdb::Slice to_slice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}
inline std::string_view to_view(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

}  // namespace objectstore
