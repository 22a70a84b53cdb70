// What a storage of tiers counts, and what shows it.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "app/row_tier.h"
#include "changelog/changelog_metrics.h"
#include "maintenance/scrub.h"
#include "runtime/metrics.h"
#include "storage/metered_blob_store.h"
#include "storage/metered_row_store.h"
#include "tiered/tiered_store.h"

namespace objectstore {

class TiersMetrics {
 public:
  // The stores are passed on as they are while there is no registry.
  TiersMetrics(Metrics* metrics, const Clock& clock, RowStore& rows, BlobStore& blobs,
               TierTypes types);

  [[nodiscard]] RowStore& rows() { return metered_rows_ ? *metered_rows_ : rows_; }
  [[nodiscard]] BlobStore& blobs() { return metered_blobs_ ? *metered_blobs_ : blobs_; }
  [[nodiscard]] const TieredMetrics& tiered() const { return tiered_; }
  [[nodiscard]] const ScrubMetrics& scrub() const { return scrub_; }

 private:
  RowStore& rows_;
  BlobStore& blobs_;
  std::optional<MeteredRowStore> metered_rows_;
  std::optional<MeteredBlobStore> metered_blobs_;
  TieredMetrics tiered_;
  ScrubMetrics scrub_;
};

// Shows what parts count by themselves.
class TiersWatch {
 public:
  // References only; whoever makes it keeps all of them alive.
  struct Parts {
    const TieredStore& store;
    const OpenChanges& changes;
    const Recovery& recovery;
    const LogCensus& census;
    const RowTier& row_tier;
  };
  TiersWatch(Metrics& metrics, const Parts& parts);

 private:
  ChangeLogMetrics changelog_;
  Metrics::RefreshHandle handle_;
};

}  // namespace objectstore
