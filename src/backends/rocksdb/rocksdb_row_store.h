// The high-volume tier on RocksDB, for one machine.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "backends/rocksdb/commit_queue.h"
#include "runtime/blocking_pool.h"
#include "storage/listing.h"
#include "storage/row_store.h"

namespace objectstore {

struct ReclaimSettings {
  // The payloads are compacted once this much of them is garbage, and at least a quarter of what
  // is stored.
  std::uint64_t least_garbage_bytes = 16 << 20;
};

class RocksDbRowStore final : public RowStore, public RowSweeper, public RowLister {
 public:
  // The references outlive the store.
  RocksDbRowStore(Database& database, CommitQueue& commits, BlockingPool& pool,
                  ReclaimSettings reclaim)
      : database_(database), commits_(commits), pool_(pool), reclaim_(reclaim) {}

  Task<Result<Row>> read(std::string_view key, RowPart part) override;
  Task<Mutation> write_unless_redirect(std::string_view key, const RowState& state,
                                       const Stamp& stamp) override;
  Task<Mutation> open_intent(std::string_view key, const AttemptId& attempt,
                             const IntentCondition& condition) override;
  Task<Mutation> commit(std::string_view key, const AttemptId& attempt, const RowState& state,
                        const Stamp& stamp) override;
  Task<Result<FenceFound>> fence(std::string_view key, const AttemptId& attempt) override;
  Task<Mutation> bump(std::string_view key, const Row& as_read, WallTime deadline) override;

  Task<Result<Sweep>> sweep(WallTime now, std::string from, std::size_t limit) override;
  Task<Result<void>> reclaim() override;
  // Ends a reclaim() under way, and every later one, early: for shutdown.
  void cancel_reclaim() { reclaim_cancelled_ = true; }

  // A page's iterator lives no longer than the call, so that a walk keeps no old files.
  Task<Result<RowPage>> list_rows(std::string from, std::size_t limit) override;
  Task<Result<ListedRow>> inspect(std::string_view key) override;

 private:
  enum class From : std::uint8_t { memory, disk };
  // nullopt: it is not all in memory.
  [[nodiscard]] std::optional<Result<Row>> read_from(From source, const std::string& key,
                                                     RowPart part,
                                                     const rocksdb::Snapshot* snapshot);
  // The payload of `row`, into its state; false: it belongs to another version of the row.
  [[nodiscard]] Result<bool> attach_payload(const rocksdb::ReadOptions& options,
                                            const std::string& key, StoredRow& row,
                                            bool& incomplete);

  Database& database_;
  CommitQueue& commits_;
  BlockingPool& pool_;
  const ReclaimSettings reclaim_;
  std::atomic<bool> reclaim_cancelled_ = false;
};

}  // namespace objectstore
