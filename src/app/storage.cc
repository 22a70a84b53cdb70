#include "app/storage.h"

#include "app/bigtable_tier.h"
#include "app/data_directory.h"
#include "app/rocksdb_tier.h"
#include "app/tiers.h"
#include "backends/filesystem/blob_store.h"
#include "backends/filesystem/object_store.h"

namespace objectstore {

namespace {

// One directory of files; nothing runs beside requests.
class FilesystemOnly final : public Storage {
 public:
  static Result<std::unique_ptr<Storage>> open(const FilesystemStorage& config,
                                               const Machine& machine) {
    auto storage = std::make_unique<FilesystemOnly>();
    TRY_ASSIGN(storage->objects_,
               FilesystemObjectStore::open(config.path, storage->files_, machine.pool,
                                           machine.random, machine.logger));
    return std::unique_ptr<Storage>(std::move(storage));
  }
  Task<Result<void>> connect() override { co_return Result<void>(); }
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

Error not_available(std::string_view what) {
  return Error(ErrorCode::unsupported,
               "storage type " + std::string(what) + " is not available in this version");
}

// What is not there is not made: a wrong path would look like a store without objects.
Result<void> require(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) return Result<void>();
  return Error(ErrorCode::invalid_argument,
               "there is no store here: " + path.string() +
                   " does not exist; run this in the server's working directory, with its "
                   "configuration");
}

Result<void> open_blobs(const std::string& path, const Machine& machine, TierParts& parts) {
  TRY_ASSIGN(auto blobs,
             FilesystemBlobStore::open(path, *parts.files, machine.pool, machine.logger));
  parts.blob_lister = blobs.get();
  parts.blobs = std::move(blobs);
  return Result<void>();
}

Result<std::unique_ptr<RowTier>> open_rows(const HighVolumeStorage& config, const Machine& machine,
                                           bigtable::TableUse use) {
  if (const auto* rocksdb = std::get_if<RocksdbStorage>(&config)) {
    return RocksdbTier::open(rocksdb->path, machine);
  }
  return BigtableTier::make(std::get<BigtableStorage>(config), use, machine);
}

// Whether the log lies in the table of the rows.
bool share_a_table(const TieredStorage& config) {
  const auto* rows = std::get_if<BigtableStorage>(&config.high_volume);
  const auto* log = std::get_if<BigtableStorage>(&config.changelog.log);
  return rows != nullptr && log != nullptr && *rows == *log;
}

// The log shares the rows' database or table where both are the same.
Result<void> open_log(const TieredStorage& config, const Machine& machine, TierParts& parts) {
  if (const auto* rocksdb = std::get_if<RocksdbChangelog>(&config.changelog.log)) {
    if (rocksdb->path) {
      TRY_ASSIGN(parts.log_tier, RocksdbTier::open(*rocksdb->path, machine));
    }
  } else if (const auto* table = std::get_if<BigtableStorage>(&config.changelog.log)) {
    if (!share_a_table(config)) {
      const bigtable::TableUse log_only{.rows = false, .change_log = true};
      TRY_ASSIGN(parts.log_tier, BigtableTier::make(*table, log_only, machine));
    }
  } else {
    return Result<void>();
  }
  parts.log_home = parts.log_tier ? parts.log_tier.get() : parts.rows.get();
  return Result<void>();
}

Result<void> require_store(const TieredStorage& config) {
  if (const auto* rows = std::get_if<RocksdbStorage>(&config.high_volume)) {
    TRY(require(std::filesystem::path(rows->path) / "CURRENT"));
  }
  if (const auto* blobs = std::get_if<FilesystemStorage>(&config.long_term)) {
    TRY(require(blobs->path));
  }
  return Result<void>();
}

Result<std::unique_ptr<Storage>> open_tiered(const TieredStorage& config, const Machine& machine,
                                             OpenFor purpose) {
  const auto* blobs = std::get_if<FilesystemStorage>(&config.long_term);
  if (blobs == nullptr) return not_available("gcs or s3compatible");
  if (purpose == OpenFor::maintenance) TRY(require_store(config));
  TierParts parts;
  parts.times = config.changelog.times;
  // For service the blobs first: what dead uploads left there is removed, which a full disk may
  // need before the database can be opened. For maintenance the rows: a database that is another
  // process's shows before anything is touched.
  const bool blobs_first = purpose == OpenFor::service;
  if (blobs_first) TRY(open_blobs(blobs->path, machine, parts));
  const bigtable::TableUse use{.rows = true, .change_log = share_a_table(config)};
  TRY_ASSIGN(parts.rows, open_rows(config.high_volume, machine, use));
  TRY(open_log(config, machine, parts));
  if (!blobs_first) TRY(open_blobs(blobs->path, machine, parts));
  return std::unique_ptr<Storage>(std::make_unique<Tiers>(std::move(parts), machine));
}

Result<std::unique_ptr<Storage>> open_embedded(const EmbeddedStorage& config,
                                               const Machine& machine, OpenFor purpose) {
  const auto directory = data_directory_at(config.path);
  TieredStorage tiered;
  tiered.high_volume = RocksdbStorage{directory.rows};
  tiered.long_term = FilesystemStorage{directory.blobs};
  tiered.changelog.log = RocksdbChangelog{};
  tiered.changelog.times = config.times;
  if (purpose == OpenFor::maintenance) TRY(require_store(tiered));
  TRY(open_data_directory(config.path));
  return open_tiered(tiered, machine, purpose);
}

Result<std::unique_ptr<Storage>> open_rows_alone(const HighVolumeStorage& config,
                                                 const Machine& machine) {
  TierParts parts;
  const bigtable::TableUse use{.rows = true, .change_log = false};
  TRY_ASSIGN(parts.rows, open_rows(config, machine, use));
  return std::unique_ptr<Storage>(std::make_unique<Tiers>(std::move(parts), machine));
}

}  // namespace

Result<std::unique_ptr<Storage>> Storage::open(const StorageConfig& config, const Machine& machine,
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
    return open_rows_alone(*rows, machine);
  }
  if (const auto* rows = std::get_if<BigtableStorage>(&config)) {
    return open_rows_alone(*rows, machine);
  }
  return not_available("gcs or s3compatible");
}

std::optional<std::filesystem::path> control_directory(const StorageConfig& config) {
  if (const auto* embedded = std::get_if<EmbeddedStorage>(&config)) {
    return data_directory_at(embedded->path).rows;
  }
  const auto* tiered = std::get_if<TieredStorage>(&config);
  if (tiered == nullptr) return std::nullopt;
  if (const auto* rows = std::get_if<RocksdbStorage>(&tiered->high_volume)) return rows->path;
  const auto* log = std::get_if<RocksdbChangelog>(&tiered->changelog.log);
  if (log != nullptr && log->path) return *log->path;
  return std::nullopt;
}

}  // namespace objectstore
