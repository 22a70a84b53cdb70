#include "power_cut/embedded.h"

#include <gtest/gtest.h>

#include "testing/read_content.h"
#include "tiered/test_support.h"

namespace objectstore::testing {

namespace {

constexpr int longest_recovery = 20;  // passes

Task<Result<std::optional<std::string>>> get(ObjectStore& store, ObjectId id) {
  CO_TRY_ASSIGN(auto got, co_await store.get(id, std::nullopt));
  auto* content = std::get_if<ObjectContent>(&got);
  if (content == nullptr) co_return std::optional<std::string>();
  CO_TRY_ASSIGN(auto text, co_await read_content(std::move(*content)));
  co_return std::optional(std::move(text));
}

Task<Result<std::vector<ScannedEntry>>> all_entries(ChangeLog& log) {
  const auto request = ScanRequest::all(1000);
  co_return co_await log.scan(request);
}

}  // namespace

ObjectId object_id(const std::string& object) {
  ObjectId id;
  id.usecase = "power";
  id.key = object;
  return id;
}

Result<std::unique_ptr<Embedded>> Embedded::open(const std::filesystem::path& root,
                                                 ManualClock& clock, SeededRandom& random) {
  enter_phase(phase::open);
  TRY_ASSIGN(const auto directory, open_data_directory(root / "data"));
  std::unique_ptr<Embedded> embedded(new Embedded(clock, random));
  TRY(embedded->open_parts(directory));
  embedded->wire();
  embedded->wait_for_idle_database();
  return embedded;
}

Result<void> Embedded::open_parts(const DataDirectory& directory) {
  TRY_ASSIGN(blobs_, FilesystemBlobStore::open(directory.blobs.string(), files_, pool_, logger_));
  DatabaseSettings settings;
  settings.block_cache_bytes = 1 << 20;
  TRY_ASSIGN(database_, Database::open(directory.rows, clock_, logger_, settings));
  commits_ = std::make_unique<CommitQueue>(*database_, clock_, logger_);
  rows_ = std::make_unique<RocksDbRowStore>(*database_, *commits_, pool_, ReclaimSettings{});
  log_ = std::make_unique<RocksDbChangeLog>(*database_, *commits_, pool_);
  return {};
}

void Embedded::wire() {
  phased_ = std::make_unique<PhasedStores>(*rows_, *log_, *blobs_);
  ChangeLogSettings log_settings;
  log_settings.recovery_concurrency = 1;
  TieredSettings settings;
  settings.inline_limit = embedded_inline_limit;
  changes_ = std::make_unique<OpenChanges>(phased_->log, clock_, random_, logger_, log_settings);
  store_ = std::make_unique<TieredStore>(phased_->rows, phased_->blobs, *changes_, clock_, random_,
                                         logger_, settings);
  recovery_ = std::make_unique<Recovery>(phased_->log, *changes_, store_->settler(), clock_,
                                         random_, logger_, log_settings);
  sweep_ = std::make_unique<ExpirySweep>(*rows_, &store_->expiry_deleter(), clock_, logger_,
                                         SweepSettings{});
}

Task<Result<void>> Embedded::put(const std::string& object, Metadata metadata, ByteStream& stream) {
  Upload upload;
  upload.stream = &stream;
  co_return co_await store_->put(object_id(object), std::move(metadata), upload);
}

Task<Result<void>> Embedded::write(const std::string& object,
                                   const std::optional<std::string>& value) {
  if (!value) co_return co_await store_->remove(object_id(object));
  PieceStream stream(*value);
  Metadata metadata;
  co_return co_await put(object, std::move(metadata), stream);
}

Task<Result<void>> Embedded::write_mortal(const std::string& object, const std::string& value) {
  PieceStream stream(value);
  Metadata metadata;
  metadata.expiration.kind = ExpirationKind::time_to_live;
  metadata.expiration.duration.seconds = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(mortal_life).count());
  metadata.time_expires = clock_.now() + mortal_life;
  co_return co_await put(object, std::move(metadata), stream);
}

Task<Result<void>> Embedded::write_and_break_off(const std::string& object,
                                                 const std::string& value) {
  PieceStream stream(value);
  stream.breaks_at = value.size();
  Metadata metadata;
  co_return co_await put(object, std::move(metadata), stream);
}

Result<std::optional<std::string>> Embedded::read(const std::string& object) {
  return wait(get(*store_, object_id(object)));
}

Result<std::size_t> Embedded::recover() {
  for (int passes = 0;; ++passes) {
    (void)wait(recovery_->pass());
    TRY_ASSIGN(const auto entries, wait(all_entries(*log_)));
    if (entries.empty() || passes == longest_recovery) return entries.size();
    clock_.advance(ChangeLogSettings{}.stale_after + std::chrono::seconds(1));
  }
}

Result<void> Embedded::sweep() {
  TRY(wait(sweep_->pass()));
  return {};
}

Result<void> Embedded::flush() {
  enter_phase(phase::flush);
  std::vector<rocksdb::ColumnFamilyHandle*> columns;
  for (std::size_t column = 0; column < column_count; ++column)
    columns.push_back(database_->column(static_cast<Column>(column)));
  const auto status = database_->db().Flush(rocksdb::FlushOptions(), columns);
  wait_for_idle_database();
  if (!status.ok()) return to_error(status, "can't flush");
  return {};
}

Result<void> Embedded::compact() {
  enter_phase(phase::compact);
  for (const auto column : {Column::rows, Column::payloads, Column::changelog}) {
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    const auto status =
        database_->db().CompactRange(options, database_->column(column), nullptr, nullptr);
    if (!status.ok()) return to_error(status, "can't compact");
    wait_for_idle_database();
  }
  return {};
}

void Embedded::wait_for_idle_database() {
  auto& db = database_->db();
  const auto has_more_to_do = [&] {
    for (std::size_t column = 0; column < column_count; ++column) {
      std::uint64_t pending = 0;
      (void)db.GetIntProperty(database_->column(static_cast<Column>(column)),
                              rocksdb::DB::Properties::kCompactionPending, &pending);
      if (pending != 0) return true;
    }
    return false;
  };
  // One compaction may ask for another, and one that isn't worth it stays pending.
  constexpr int most_rounds = 5;
  for (int round = 0; round < most_rounds; ++round) {
    (void)db.PauseBackgroundWork();  // waits for what is under way
    (void)db.ContinueBackgroundWork();
    if (!has_more_to_do()) return;
  }
}

}  // namespace objectstore::testing
