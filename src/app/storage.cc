#include "app/storage.h"

#include <filesystem>
#include <optional>

#include "app/data_directory.h"
#include "app/process_name.h"
#include "backends/filesystem/blob_store.h"
#include "backends/filesystem/object_store.h"
#include "backends/filesystem/posix_file_system.h"
#include "backends/rocksdb/rocksdb_change_log.h"
#include "backends/rocksdb/rocksdb_row_store.h"
#include "changelog/noop_log.h"
#include "changelog/recovery.h"
#include "runtime/task_scope.h"
#include "tiered/no_blobs.h"
#include "tiered/tiered_store.h"

namespace objectstore {

namespace {

// A store of rows alone holds payloads in memory while they are written.
constexpr std::size_t rows_only_limit = 16 << 20;

// A database with its commit thread.
struct OpenDatabase {
  std::unique_ptr<Database> database;
  std::unique_ptr<CommitQueue> commits;
};

Result<OpenDatabase> open_database(const std::filesystem::path& path, const Machine& machine) {
  OpenDatabase opened;
  TRY_ASSIGN(opened.database,
             Database::open(path, machine.clock, machine.logger, DatabaseSettings{}));
  opened.commits = std::make_unique<CommitQueue>(*opened.database, machine.clock, machine.logger);
  return opened;
}

Error one_tier() {
  return Error(ErrorCode::unsupported,
               "this storage has one tier: there is nothing to compare, and no change log");
}

constexpr Duration probe_interval = std::chrono::seconds(1);

// Changes nothing; whoever carries it finds out whether the database can write.
class EmptyRequest final : public CommitRequest {
 public:
  [[nodiscard]] Result<void> apply(CommitBatch&) override { return Result<void>(); }
};

// One directory of files; nothing runs beside requests.
class FilesystemOnly final : public Storage {
 public:
  static Result<std::unique_ptr<Storage>> open(const FilesystemStorage& config, Machine machine) {
    auto storage = std::make_unique<FilesystemOnly>();
    TRY_ASSIGN(storage->objects_,
               FilesystemObjectStore::open(config.path, storage->files_, machine.pool,
                                           machine.random, machine.logger));
    return std::unique_ptr<Storage>(std::move(storage));
  }
  ObjectStore& objects() override { return *objects_; }
  [[nodiscard]] bool writable() const override { return true; }
  void start(const boost::asio::any_io_executor&) override {}
  void start_heartbeats(const boost::asio::any_io_executor&) override {}
  Task<void> stop(Duration) override { co_return; }
  Result<ScrubParts> maintenance() override { return one_tier(); }

 private:
  PosixFileSystem files_;
  std::unique_ptr<FilesystemObjectStore> objects_;
};

// Rows, blobs and a change log under the change protocol; without blobs, rows alone.
class Tiered final : public Storage {
 public:
  struct Plan {
    std::filesystem::path rows;
    std::optional<std::filesystem::path> blobs;
    bool durable_log = false;
    std::optional<std::filesystem::path> log;  // a database of its own
    ChangelogTimes times;
    OpenFor purpose = OpenFor::service;
  };

  static Result<std::unique_ptr<Storage>> open(const Plan& plan, Machine machine) {
    auto storage = std::make_unique<Tiered>(machine);
    TRY(storage->open_parts(plan));
    storage->wire(plan);
    return std::unique_ptr<Storage>(std::move(storage));
  }

  explicit Tiered(Machine machine) : machine_(machine) {}

  ObjectStore& objects() override { return *store_; }
  [[nodiscard]] bool writable() const override { return row_database_.commits->writable(); }

  Result<ScrubParts> maintenance() override {
    if (blob_lister_ == nullptr) return one_tier();
    return ScrubParts{
        *rows_,    *blob_lister_,     *rows_,         *blobs_,         *log_,
        *changes_, store_->settler(), machine_.clock, machine_.random, machine_.logger};
  }

  void start_heartbeats(const boost::asio::any_io_executor& executor) override {
    heartbeats_.spawn(executor, changes_->run_heartbeats());
  }

  void start(const boost::asio::any_io_executor& executor) override {
    start_heartbeats(executor);
    loops_.spawn(executor, sweep_->run());
    loops_.spawn(executor, probe_writes());
    if (log_->durable()) loops_.spawn(executor, recovery_->run());
  }

  Task<void> stop(Duration limit) override {
    loops_.request_stop();
    rows_->cancel_reclaim();
    TaskScope alarm;
    const auto executor = co_await boost::asio::this_coro::executor;
    alarm.spawn(executor, hurry_after(limit));
    // The loops first: what they settle or delete leaves cleanups behind.
    co_await loops_.join();
    co_await store_->drain();
    alarm.request_stop();
    co_await alarm.join();
    // Last: an open change is kept alive as long as it is worked on.
    heartbeats_.request_stop();
    co_await heartbeats_.join();
  }

 private:
  Result<void> open_parts(const Plan& plan) {
    // For service the blobs first: what dead uploads left there is removed, which a full disk may
    // need before the database can be opened.
    const bool blobs_first = plan.purpose == OpenFor::service;
    if (blobs_first) TRY(open_blobs(plan));
    TRY_ASSIGN(row_database_, open_database(plan.rows, machine_));
    if (!blobs_first) TRY(open_blobs(plan));
    rows_ = std::make_unique<RocksDbRowStore>(*row_database_.database, *row_database_.commits,
                                              machine_.pool, ReclaimSettings{});
    if (!plan.durable_log) {
      log_ = std::make_unique<NoopChangeLog>();
      return Result<void>();
    }
    if (plan.log) {
      TRY_ASSIGN(log_database_, open_database(*plan.log, machine_));
    }
    auto& home = plan.log ? log_database_ : row_database_;
    log_ = std::make_unique<RocksDbChangeLog>(*home.database, *home.commits, machine_.pool);
    return Result<void>();
  }

  Result<void> open_blobs(const Plan& plan) {
    if (!plan.blobs) {
      blobs_ = std::make_unique<NoBlobs>(rows_only_limit);
      return Result<void>();
    }
    TRY_ASSIGN(auto blobs, FilesystemBlobStore::open(plan.blobs->string(), files_, machine_.pool,
                                                     machine_.logger));
    blob_lister_ = blobs.get();
    blobs_ = std::move(blobs);
    return Result<void>();
  }

  void wire(const Plan& plan) {
    ChangeLogSettings log_settings;
    log_settings.owner = process_name(machine_.random);
    log_settings.heartbeat = plan.times.heartbeat;
    log_settings.stale_after = plan.times.stale_after;
    log_settings.empty_wait = plan.times.empty_wait;
    log_settings.late_upload_window = plan.times.late_upload_window;
    TieredSettings settings;
    settings.late_upload_window = plan.times.late_upload_window;
    settings.log_is_durable = log_->durable();
    settings.has_long_term = plan.blobs.has_value();
    if (!plan.blobs) settings.inline_limit = rows_only_limit;
    SweepSettings sweep_settings;
    sweep_settings.interval = plan.times.sweep_interval;

    changes_ = std::make_unique<OpenChanges>(*log_, machine_.clock, machine_.random,
                                             machine_.logger, log_settings);
    store_ = std::make_unique<TieredStore>(*rows_, *blobs_, *changes_, machine_.clock,
                                           machine_.random, machine_.logger, settings);
    recovery_ = std::make_unique<Recovery>(*log_, *changes_, store_->settler(), machine_.clock,
                                           machine_.random, machine_.logger, log_settings);
    auto* deleter = plan.blobs ? &store_->expiry_deleter() : nullptr;
    sweep_ = std::make_unique<ExpirySweep>(*rows_, deleter, machine_.clock, machine_.logger,
                                           sweep_settings);
  }

  // A store that failed is probed by its next write; without clients there would be none.
  Task<void> probe_writes() {
    while (true) {
      co_await machine_.clock.sleep_for(probe_interval);
      const bool stopping = co_await stop_requested();
      if (stopping) co_return;
      for (const auto* database : {&row_database_, &log_database_}) {
        if (!database->commits || database->commits->writable()) continue;
        EmptyRequest request;
        co_await database->commits->run(request);
      }
    }
  }

  Task<void> hurry_after(Duration limit) {
    co_await machine_.clock.sleep_for(limit);
    const bool stopping = co_await stop_requested();
    if (stopping) co_return;
    machine_.logger.error("cleanups are still under way; what is left stays in the change log",
                          {{"tasks", std::to_string(store_->background_tasks())}});
    store_->hurry();
    recovery_->hurry();
  }

  Machine machine_;
  PosixFileSystem files_;
  OpenDatabase row_database_;
  OpenDatabase log_database_;
  std::unique_ptr<RocksDbRowStore> rows_;
  std::unique_ptr<BlobStore> blobs_;
  BlobLister* blob_lister_ = nullptr;  // of `blobs_`; null without a long-term tier
  std::unique_ptr<ChangeLog> log_;
  std::unique_ptr<OpenChanges> changes_;
  std::unique_ptr<TieredStore> store_;
  std::unique_ptr<Recovery> recovery_;
  std::unique_ptr<ExpirySweep> sweep_;
  TaskScope heartbeats_;
  TaskScope loops_;
};

Error not_available(std::string_view what) {
  return Error(ErrorCode::unsupported,
               "storage type " + std::string(what) + " is not available in this version");
}

// What is not there is not made: a wrong path would look like a store without objects.
Result<void> require_store(const Tiered::Plan& plan) {
  std::error_code error;
  for (const auto& path : {plan.rows / "CURRENT", plan.blobs.value_or(plan.rows)}) {
    if (std::filesystem::exists(path, error)) continue;
    return Error(ErrorCode::invalid_argument,
                 "there is no store here: " + path.string() +
                     " does not exist; run this in the server's working directory, with its "
                     "configuration");
  }
  return Result<void>();
}

Result<std::unique_ptr<Storage>> open_embedded(const EmbeddedStorage& config, Machine machine,
                                               OpenFor purpose) {
  Tiered::Plan plan;
  plan.purpose = purpose;
  plan.durable_log = true;
  plan.times = config.times;
  if (purpose == OpenFor::maintenance) {
    const auto expected = data_directory_at(config.path);
    plan.rows = expected.rows;
    plan.blobs = expected.blobs;
    TRY(require_store(plan));
  }
  TRY_ASSIGN(const auto directory, open_data_directory(config.path));
  plan.rows = directory.rows;
  plan.blobs = directory.blobs;
  return Tiered::open(plan, machine);
}

Result<std::unique_ptr<Storage>> open_tiered(const TieredStorage& config, Machine machine,
                                             OpenFor purpose) {
  const auto* rows = std::get_if<RocksdbStorage>(&config.high_volume);
  if (rows == nullptr) return not_available("bigtable");
  const auto* blobs = std::get_if<FilesystemStorage>(&config.long_term);
  if (blobs == nullptr) return not_available("gcs");
  Tiered::Plan plan;
  plan.purpose = purpose;
  plan.rows = rows->path;
  plan.blobs = blobs->path;
  plan.times = config.changelog.times;
  if (const auto* log = std::get_if<RocksdbChangelog>(&config.changelog.log)) {
    plan.durable_log = true;
    if (log->path && std::filesystem::path(*log->path) != plan.rows) plan.log = *log->path;
  } else if (std::holds_alternative<BigtableStorage>(config.changelog.log)) {
    return not_available("bigtable");
  }
  if (purpose == OpenFor::maintenance) TRY(require_store(plan));
  return Tiered::open(plan, machine);
}

}  // namespace

Result<std::unique_ptr<Storage>> Storage::open(const StorageConfig& config, Machine machine,
                                               OpenFor purpose) {
  if (const auto* embedded = std::get_if<EmbeddedStorage>(&config)) {
    return open_embedded(*embedded, machine, purpose);
  }
  if (const auto* tiered = std::get_if<TieredStorage>(&config)) {
    return open_tiered(*tiered, machine, purpose);
  }
  if (purpose == OpenFor::maintenance) return one_tier();
  if (const auto* files = std::get_if<FilesystemStorage>(&config)) {
    return FilesystemOnly::open(*files, machine);
  }
  if (const auto* rows = std::get_if<RocksdbStorage>(&config)) {
    Tiered::Plan plan;
    plan.rows = rows->path;
    return Tiered::open(plan, machine);
  }
  return not_available("gcs, s3compatible or bigtable");
}

std::optional<std::filesystem::path> control_directory(const StorageConfig& config) {
  if (const auto* embedded = std::get_if<EmbeddedStorage>(&config)) {
    return data_directory_at(embedded->path).rows;
  }
  const auto* tiered = std::get_if<TieredStorage>(&config);
  const auto* rows = tiered ? std::get_if<RocksdbStorage>(&tiered->high_volume) : nullptr;
  if (rows == nullptr) return std::nullopt;
  return std::filesystem::path(rows->path);
}

}  // namespace objectstore
