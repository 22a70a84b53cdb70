#include "backends/rocksdb/database.h"

#include <rocksdb/cache.h>
#include <rocksdb/compaction_filter.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>
#include <rocksdb/transaction_log.h>

#include <mutex>
#include <set>

#include "backends/rocksdb/durable_current.h"
#include "backends/rocksdb/log_tail.h"
#include "backends/rocksdb/row_format.h"
#include "runtime/directories.h"

namespace objectstore {

// Remembers the log files on which a write or sync has failed.
class Database::LogWatcher final : public rocksdb::EventListener {
 public:
  bool ShouldBeNotifiedOnFileIO() override { return true; }
  void OnIOError(const rocksdb::IOErrorInfo& info) override {
    const std::filesystem::path path(info.file_path);
    if (path.extension() != ".log") return;
    const std::lock_guard lock(mutex_);
    failed_.insert(path.filename().string());
  }
  [[nodiscard]] bool has_failed(const std::string& log_path) const {
    const std::lock_guard lock(mutex_);
    return failed_.contains(std::filesystem::path(log_path).filename().string());
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::string> failed_;  // one for each recovery at most
};

namespace {

// Smaller payloads are cheaper to carry along than to look up.
constexpr std::uint64_t least_separate_payload = 2048;

constexpr std::string_view format_key = "format";
constexpr std::string_view format_version = "1";

// Drops rows of which only an old stamp or old intents are left.
class StampCollector final : public rocksdb::CompactionFilter {
 public:
  explicit StampCollector(std::uint64_t now_ms) : now_ms_(now_ms) {}
  [[nodiscard]] const char* Name() const override { return "objectstore.stamp_collector"; }

  [[nodiscard]] Decision FilterV2(int, const rocksdb::Slice& key, ValueType type,
                                  const rocksdb::Slice& value, std::string*,
                                  std::string*) const override {
    if (type != ValueType::kValue) return Decision::kKeep;
    auto row = decode_row(to_view(key), to_view(value));
    if (!row.ok()) return Decision::kKeep;  // reads will name it
    collect_cells(row->cells, now_ms_);
    return row->cells.empty() ? Decision::kRemove : Decision::kKeep;
  }

 private:
  std::uint64_t now_ms_;
};

class StampCollectorFactory final : public rocksdb::CompactionFilterFactory {
 public:
  explicit StampCollectorFactory(Clock& clock) : clock_(clock) {}
  [[nodiscard]] const char* Name() const override { return "objectstore.stamp_collector"; }
  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context&) override {
    return std::make_unique<StampCollector>(unix_ms(clock_.now()));
  }

 private:
  Clock& clock_;
};

rocksdb::DBOptions db_options(const DatabaseSettings& settings) {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.db_write_buffer_size = settings.write_buffer_bytes;
  options.max_background_jobs = 2;
  options.max_open_files = 512;
  options.info_log_level = rocksdb::WARN_LEVEL;
  // A family that is hardly written would keep the log of all others.
  options.max_total_wal_size = 2 * settings.write_buffer_bytes;
  options.keep_log_file_num = 2;
  options.max_log_file_size = 1 << 20;
  options.track_and_verify_wals_in_manifest = true;
  return options;
}

rocksdb::ColumnFamilyOptions column_options(const DatabaseSettings& settings,
                                            const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10, false));
  table.format_version = 5;
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = settings.write_buffer_bytes / 2;
  options.level_compaction_dynamic_level_bytes = true;
  // Payloads are often compressed by the client, and cells are hashes and ids.
  options.compression = rocksdb::kNoCompression;
  return options;
}

// RocksDB has no code for it: its texts where the file LOCK is held by this process, by another.
bool is_open_elsewhere(const rocksdb::Status& status) {
  if (!status.IsIOError()) return false;
  const auto text = status.ToString();
  const auto has = [&](std::string_view part) { return text.find(part) != std::string::npos; };
  return has("lock hold by current process") ||
         (has("While lock file") && has("temporarily unavailable"));
}

constexpr std::uint64_t bytes_to_work = 4 << 20;  // manifest, first log

Result<void> check_space(const std::filesystem::path& path, const DatabaseSettings& settings) {
  auto available = settings.available_bytes;
  if (!available) {
    std::error_code error;
    available = std::filesystem::space(path, error).available;
    if (error) {
      return Error(ErrorCode::io, "can't tell the free space of the disk that holds " +
                                      path.string() + ": " + error.message());
    }
  }
  const auto needed = bytes_to_open(path);
  if (*available >= needed) return Result<void>();
  return Error(ErrorCode::out_of_space,
               "the disk is too full to open the database " + path.string() + ": it needs " +
                   std::to_string(needed) + " bytes free to replay its logs and has " +
                   std::to_string(*available) + "; free at least " +
                   std::to_string(needed - *available) + " bytes and start again");
}

}  // namespace

std::uint64_t bytes_to_open(const std::filesystem::path& directory) {
  auto needed = bytes_to_work;
  for (const auto& log : log_files(directory)) {
    std::error_code error;
    const auto size = std::filesystem::file_size(log, error);
    if (!error) needed += size;
  }
  return needed;
}

Error to_error(const rocksdb::Status& status, std::string context) {
  auto code = ErrorCode::io;
  if (status.IsNoSpace()) code = ErrorCode::out_of_space;
  if (status.IsCorruption()) code = ErrorCode::corrupt;
  if (status.IsBusy() || status.IsTryAgain() || status.IsTimedOut()) code = ErrorCode::unavailable;
  return Error(code, status.ToString()).wrap(std::move(context));
}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& path, Clock& clock,
                                                 Logger& logger, const DatabaseSettings& settings) {
  const auto cache = rocksdb::NewLRUCache(settings.block_cache_bytes);
  auto plain = column_options(settings, cache);
  auto rows = plain;
  rows.compaction_filter_factory = std::make_shared<StampCollectorFactory>(clock);
  rows.periodic_compaction_seconds = std::uint64_t{24} * 3600;
  auto payloads = plain;
  // Payloads are written once at the flush; compactions move their keys only.
  payloads.enable_blob_files = true;
  payloads.min_blob_size = least_separate_payload;
  payloads.blob_file_size = settings.write_buffer_bytes;
  payloads.blob_cache = cache;
  payloads.enable_blob_garbage_collection = true;
  const Columns columns = {
      {rocksdb::kDefaultColumnFamilyName, plain},
      {"rows", rows},
      {"payloads", payloads},
      {"expiry", plain},
      {"changelog", plain},
  };
  TRY(make_directories_durably(path));
  TRY(check_space(path, settings));
  TRY(check_logs(path));
  std::unique_ptr<Database> database(new Database());
  // This mode leaves out a last record that is short, and was never acknowledged; a hole before
  // acknowledged ones must not pass silently.
  const auto status = database->open_in(path, columns, settings,
                                        rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords);
  if (is_open_elsewhere(status)) {
    return Error(ErrorCode::unavailable, "another process has the database " + path.string() +
                                             " open; stop it, or give this one a path of its own");
  }
  if (!status.ok()) {
    const auto error = to_error(status, "can't open the database " + path.string());
    if (!status.IsCorruption()) return error;
    TRY(database->open_without_torn_batch(path, columns, settings, logger, error));
  }
  TRY(database->check_format());
  return database;
}

rocksdb::Status Database::open_in(const std::filesystem::path& path, const Columns& columns,
                                  const DatabaseSettings& settings, rocksdb::WALRecoveryMode mode) {
  auto* env = settings.env != nullptr ? settings.env : rocksdb::Env::Default();
  env_ = rocksdb::NewCompositeEnv(with_durable_current(env->GetFileSystem()));
  log_watcher_ = std::make_shared<LogWatcher>();
  auto options = db_options(settings);
  options.env = env_.get();
  options.wal_recovery_mode = mode;
  options.listeners.push_back(log_watcher_);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  auto status = rocksdb::DB::Open(options, path.string(), columns, &handles, &raw);
  if (status.ok()) {
    db_.reset(raw);
    std::copy(handles.begin(), handles.end(), handles_.begin());
  }
  return status;
}

// A batch longer than a page may reach the disk with a hole when the power fails.
Result<void> Database::open_without_torn_batch(const std::filesystem::path& path,
                                               const Columns& columns,
                                               const DatabaseSettings& settings, Logger& logger,
                                               const Error& corruption) {
  TRY_ASSIGN(const auto torn, find_torn_log(path));
  if (!torn) return corruption;
  logger.error(
      "the last batch in the row store's log is torn and is left out; unless the machine has "
      "crashed or lost power while it was written, check the disk",
      {{"log", torn->path.string()},
       {"offset", std::to_string(torn->offset)},
       {"error", corruption.describe()}});
  const auto status =
      open_in(path, columns, settings, rocksdb::WALRecoveryMode::kPointInTimeRecovery);
  if (!status.ok()) return to_error(status, "can't open the database " + path.string());
  return Result<void>();
}

Result<void> Database::check_format() {
  std::string found;
  auto status =
      db_->Get(rocksdb::ReadOptions(), column(Column::base), to_slice(format_key), &found);
  if (!status.ok() && !status.IsNotFound()) {
    return to_error(status, "can't read the database's format version");
  }
  if (status.ok() && found != format_version) {
    return Error(ErrorCode::conflict, "the database " + db_->GetName() + " has format version " +
                                          found + ", this program reads version " +
                                          std::string(format_version) +
                                          "; run the program that wrote it, or give another path");
  }
  return keep_memory_in_use();  // which also shows that writes work
}

Result<void> Database::keep_memory_in_use() {
  rocksdb::WriteOptions durable;
  durable.sync = true;
  const auto status =
      db_->Put(durable, column(Column::base), to_slice(format_key), to_slice(format_version));
  if (!status.ok()) return to_error(status, "can't write to the database " + db_->GetName());
  return Result<void>();
}

bool Database::log_is_broken() const {
  std::unique_ptr<rocksdb::LogFile> log;
  const auto status = db_->GetCurrentWalFile(&log);
  return !status.ok() || log_watcher_->has_failed(log->PathName());
}

Database::~Database() {
  if (!db_) return;
  for (auto* handle : handles_)
    db_->DestroyColumnFamilyHandle(handle);
  // Nothing to save here: what was acknowledged is in the log already.
  (void)db_->Close();
}

}  // namespace objectstore
