// The change log on RocksDB: a column family of the rows' database, or of one of its own.
#pragma once

#include "backends/rocksdb/commit_queue.h"
#include "changelog/change_log.h"
#include "runtime/blocking_pool.h"

namespace objectstore {

class RocksDbChangeLog final : public ChangeLog {
 public:
  // The references outlive the log.
  RocksDbChangeLog(Database& database, CommitQueue& commits, BlockingPool& pool)
      : database_(database), commits_(commits), pool_(pool) {}

  [[nodiscard]] bool durable() const override { return true; }
  Task<Result<void>> record(const std::vector<LogEntry>& entries, EntryTime time) override;
  Task<Result<void>> remove(std::string_view key) override;
  Task<Mutation> exchange(std::string_view key, const std::optional<UploadState>& expected,
                          const std::optional<LogEntry>& next, EntryTime time) override;
  Task<Result<std::vector<ScannedEntry>>> scan(const ScanRequest& request) override;
  Task<Mutation> claim(const ScannedEntry& entry, EntryTime now) override;
  Task<Mutation> quarantine(const ScannedEntry& entry, std::string_view reason,
                            EntryTime now) override;
  Task<Result<std::vector<QuarantinedEntry>>> quarantined(EntryTime before, std::string_view after,
                                                          std::size_t limit) override;
  Task<Result<void>> release(const QuarantinedEntry& entry, EntryTime time) override;
  Task<Mutation> drop(const QuarantinedEntry& entry) override;

 private:
  Database& database_;
  CommitQueue& commits_;
  BlockingPool& pool_;
};

}  // namespace objectstore
