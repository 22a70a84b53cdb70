#include "app/storage.h"

#include "app/bigtable_tier.h"
#include "app/data_directory.h"
#include "app/filesystem_only.h"
#include "app/filesystem_tier.h"
#include "app/gcs_tier.h"
#include "app/rocksdb_tier.h"
#include "app/s3_tier.h"
#include "app/single_bucket.h"
#include "app/tiers.h"

namespace objectstore {

namespace {

// What is not there is not made: a wrong path would look like a store without objects.
Result<void> require(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) return Result<void>();
  return Error(ErrorCode::invalid_argument,
               "there is no store here: " + path.string() +
                   " does not exist; run this in the server's working directory, with its "
                   "configuration");
}

// Blobs of a tier, or a single tier's objects.
struct BlobTierOpener {
  const Machine& machine;
  bool single = false;

  Result<std::unique_ptr<BlobTier>> operator()(const FilesystemStorage& config) const {
    return FilesystemTier::open(config, machine);
  }
  template <class Bucket>
  Result<std::unique_ptr<BlobTier>> operator()(const Bucket& config) const {
    if constexpr (std::is_same_v<Bucket, GcsStorage>) {
      return GcsTier::make(config, single, machine);
    } else {
      return S3Tier::make(config, single, machine);
    }
  }
};

Result<void> open_blobs(const LongTermStorage& config, const Machine& machine, TierParts& parts) {
  TRY_ASSIGN(parts.blobs, std::visit(BlobTierOpener{machine}, config));
  return Result<void>();
}

// Redirects wait for the sweep where no blob expires by itself: those of GCS do, by the lifecycle
// rule that the bucket must have (docs/operations/gcs.md); S3's rules go by an object's age only.
bigtable::ExpiringRedirects expiring_redirects(const LongTermStorage& config) {
  return std::holds_alternative<GcsStorage>(config) ? bigtable::ExpiringRedirects::collected
                                                    : bigtable::ExpiringRedirects::kept;
}

Result<std::unique_ptr<RowTier>> open_rows(const HighVolumeStorage& config, const Machine& machine,
                                           bigtable::TableUse use,
                                           bigtable::ExpiringRedirects redirects) {
  if (const auto* rocksdb = std::get_if<RocksdbStorage>(&config)) {
    return RocksdbTier::open(rocksdb->path, "rows", machine);
  }
  return BigtableTier::make(std::get<BigtableStorage>(config), use, redirects, machine);
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
      TRY_ASSIGN(parts.log_tier, RocksdbTier::open(*rocksdb->path, "changelog", machine));
    }
  } else if (const auto* table = std::get_if<BigtableStorage>(&config.changelog.log)) {
    if (!share_a_table(config)) {
      const bigtable::TableUse log_only{.rows = false, .change_log = true};
      TRY_ASSIGN(parts.log_tier,
                 BigtableTier::make(*table, log_only, bigtable::ExpiringRedirects::kept, machine));
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
  if (purpose == OpenFor::maintenance) TRY(require_store(config));
  TierParts parts;
  parts.times = config.changelog.times;
  // For service the blobs first: what dead uploads left there is removed, which a full disk may
  // need before the database can be opened. For maintenance the rows: a database that is another
  // process's shows before anything is touched.
  const bool blobs_first = purpose == OpenFor::service;
  if (blobs_first) TRY(open_blobs(config.long_term, machine, parts));
  const bigtable::TableUse use{.rows = true, .change_log = share_a_table(config)};
  TRY_ASSIGN(parts.rows,
             open_rows(config.high_volume, machine, use, expiring_redirects(config.long_term)));
  TRY(open_log(config, machine, parts));
  if (!blobs_first) TRY(open_blobs(config.long_term, machine, parts));
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
  TRY_ASSIGN(parts.rows, open_rows(config, machine, use, bigtable::ExpiringRedirects::kept));
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
  const BlobTierOpener open_bucket{machine, true};
  Result<std::unique_ptr<BlobTier>> bucket = Error(ErrorCode::internal, "no such storage");
  if (const auto* gcs = std::get_if<GcsStorage>(&config)) bucket = open_bucket(*gcs);
  if (const auto* s3 = std::get_if<S3Storage>(&config)) bucket = open_bucket(*s3);
  if (const auto* s3 = std::get_if<S3CompatibleStorage>(&config)) bucket = open_bucket(*s3);
  if (!bucket.ok()) return std::move(bucket).error();
  return std::unique_ptr<Storage>(std::make_unique<SingleBucket>(*std::move(bucket), machine));
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
