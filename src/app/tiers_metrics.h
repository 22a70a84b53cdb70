// What a storage of tiers counts, and what shows it.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "app/row_tier.h"
#include "changelog/changelog_metrics.h"
#include "changelog/metered_change_log.h"
#include "maintenance/scrub.h"
#include "runtime/metrics.h"
#include "storage/metered_blob_store.h"
#include "storage/metered_multipart_blobs.h"
#include "storage/metered_row_store.h"
#include "tiered/tiered_store.h"

namespace objectstore {

class TiersMetrics {
 public:
  // References only; whoever makes it keeps all of them alive.
  struct Stores {
    RowStore& rows;
    BlobStore& blobs;
    MultipartBlobs* multipart;  // null: blobs don't come in parts
    ChangeLog& log;
  };
  // The stores are passed on as they are while there is no registry.
  TiersMetrics(Metrics* metrics, const Clock& clock, const Stores& stores, TierTypes types);

  [[nodiscard]] RowStore& rows() { return rows_ ? *rows_ : stores_.rows; }
  [[nodiscard]] BlobStore& blobs() { return blobs_ ? *blobs_ : stores_.blobs; }
  [[nodiscard]] MultipartBlobs* multipart() {
    return multipart_ ? &*multipart_ : stores_.multipart;
  }
  [[nodiscard]] ChangeLog& log() { return log_ ? *log_ : stores_.log; }
  [[nodiscard]] const TieredMetrics& tiered() const { return tiered_; }
  [[nodiscard]] const ScrubMetrics& scrub() const { return scrub_; }

 private:
  Stores stores_;
  std::optional<MeteredRowStore> rows_;
  std::optional<MeteredBlobStore> blobs_;
  std::optional<MeteredMultipartBlobs> multipart_;
  std::optional<MeteredChangeLog> log_;
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
