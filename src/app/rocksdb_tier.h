// Rows, or a change log alone, in a RocksDB database of this machine.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "app/row_tier.h"
#include "app/storage.h"
#include "backends/rocksdb/commit_queue.h"
#include "backends/rocksdb/database.h"
#include "backends/rocksdb/database_metrics.h"
#include "backends/rocksdb/rocksdb_row_store.h"

namespace objectstore {

class RocksdbTier final : public RowTier {
 public:
  // Opens the database, or makes it; blocks. Unavailable where another process has it open.
  // `name` is what metrics call the database.
  [[nodiscard]] static Result<std::unique_ptr<RowTier>> open(const std::filesystem::path& path,
                                                             const std::string& name,
                                                             const Machine& machine);
  RocksdbTier(std::unique_ptr<Database> database, const std::string& name, const Machine& machine);

  Task<Result<void>> connect() override { co_return Result<void>(); }
  [[nodiscard]] const char* type() const override { return "rocksdb"; }
  RowStore& rows() override { return rows_; }
  RowLister& lister() override { return rows_; }
  RowSweeper& sweeper() override { return rows_; }
  std::unique_ptr<ChangeLog> make_change_log() override;
  [[nodiscard]] bool writable() const override { return commits_.writable(); }
  // Probes a database that failed: without clients there would be no write to find out.
  Task<void> run() override;
  void cancel_reclaim() override { rows_.cancel_reclaim(); }
  Task<void> give_up() override { co_return; }  // a local database does not keep one waiting
  Task<void> close() override { co_return; }

 private:
  Clock& clock_;
  BlockingPool& pool_;
  std::unique_ptr<Database> database_;
  CommitQueue commits_;
  RocksDbRowStore rows_;
  std::optional<DatabaseMetrics> metrics_;
};

}  // namespace objectstore
