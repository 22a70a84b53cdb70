// Rows, blobs and a change log under the change protocol; without blobs, rows alone.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "app/blob_tier.h"
#include "app/config.h"
#include "app/row_tier.h"
#include "app/storage.h"
#include "app/tiers_metrics.h"
#include "changelog/log_census.h"
#include "changelog/recovery.h"
#include "changelog/upload_entries.h"
#include "runtime/task_scope.h"
#include "tiered/tiered_store.h"

namespace objectstore {

// What a storage of tiers is made of, opened.
struct TierParts {
  std::unique_ptr<RowTier> rows;
  std::unique_ptr<BlobTier> blobs;  // null: rows alone
  // Where the log lies: null, none that lasts; otherwise `rows` or `log_tier`.
  RowTier* log_home = nullptr;
  std::unique_ptr<RowTier> log_tier;
  ChangelogTimes times;
};

class Tiers final : public Storage {
 public:
  Tiers(TierParts parts, const Machine& machine);

  Task<Result<void>> connect() override;
  ObjectStore& objects() override { return *store_; }
  MultipartObjects* multipart() override { return store_->multipart(); }
  [[nodiscard]] bool writable() const override { return parts_.rows->writable(); }
  Result<ScrubParts> maintenance() override;
  void start_heartbeats(const boost::asio::any_io_executor& executor) override;
  void start(const boost::asio::any_io_executor& executor) override;
  Task<void> stop(Duration limit) override;

 private:
  [[nodiscard]] BlobStore& blobs() { return parts_.blobs ? parts_.blobs->blobs() : *no_blobs_; }
  [[nodiscard]] TierTypes types() const;
  [[nodiscard]] std::optional<MultipartParts> multipart_parts();
  [[nodiscard]] Task<void> close();
  [[nodiscard]] Task<void> close_rows();
  [[nodiscard]] Task<void> hurry_after(Duration limit);

  Machine machine_;
  TierParts parts_;
  std::unique_ptr<BlobStore> no_blobs_;  // instead of a tier of them
  std::unique_ptr<ChangeLog> log_;
  std::unique_ptr<TiersMetrics> metrics_;
  std::unique_ptr<OpenChanges> changes_;
  std::unique_ptr<UploadEntries> uploads_;
  std::unique_ptr<TieredStore> store_;
  std::unique_ptr<Recovery> recovery_;
  std::unique_ptr<ExpirySweep> sweep_;
  std::unique_ptr<LogCensus> census_;
  std::optional<TiersWatch> watch_;  // of all of them: goes first
  TaskScope heartbeats_;
  TaskScope loops_;
};

// "this storage has one tier …"
[[nodiscard]] Error one_tier();

}  // namespace objectstore
