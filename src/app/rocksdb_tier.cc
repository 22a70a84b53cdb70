#include "app/rocksdb_tier.h"

#include "backends/rocksdb/rocksdb_change_log.h"
#include "runtime/task_scope.h"

namespace objectstore {

namespace {

constexpr Duration probe_interval = std::chrono::seconds(1);

// Changes nothing; whoever carries it finds out whether the database can write.
class EmptyRequest final : public CommitRequest {
 public:
  [[nodiscard]] Result<void> apply(CommitBatch&) override { return Result<void>(); }
};

}  // namespace

Result<std::unique_ptr<RowTier>> RocksdbTier::open(const std::filesystem::path& path,
                                                   const std::string& name,
                                                   const Machine& machine) {
  TRY_ASSIGN(auto database,
             Database::open(path, machine.clock, machine.logger, DatabaseSettings{}));
  return std::unique_ptr<RowTier>(
      std::make_unique<RocksdbTier>(std::move(database), name, machine));
}

RocksdbTier::RocksdbTier(std::unique_ptr<Database> database, const std::string& name,
                         const Machine& machine)
    : clock_(machine.clock),
      pool_(machine.pool),
      database_(std::move(database)),
      commits_(*database_, machine.clock, machine.logger),
      rows_(*database_, commits_, machine.pool, ReclaimSettings{}) {
  if (machine.metrics != nullptr) metrics_.emplace(*machine.metrics, *database_, name);
}

std::unique_ptr<ChangeLog> RocksdbTier::make_change_log() {
  return std::make_unique<RocksDbChangeLog>(*database_, commits_, pool_);
}

Task<void> RocksdbTier::run() {
  while (true) {
    co_await clock_.sleep_for(probe_interval);
    const bool stopping = co_await stop_requested();
    if (stopping) co_return;
    if (commits_.writable()) continue;
    EmptyRequest request;
    co_await commits_.run(request);
  }
}

}  // namespace objectstore
