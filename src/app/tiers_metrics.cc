#include "app/tiers_metrics.h"

namespace objectstore {

TiersMetrics::TiersMetrics(Metrics* metrics, const Clock& clock, RowStore& rows, BlobStore& blobs,
                           TierTypes types)
    : rows_(rows), blobs_(blobs) {
  if (metrics == nullptr) return;
  metered_rows_.emplace(rows, *metrics, clock);
  metered_blobs_.emplace(blobs, *metrics, clock);
  tiered_ = TieredMetrics(*metrics, std::move(types));
  scrub_ = ScrubMetrics(*metrics);
}

TiersWatch::TiersWatch(Metrics& metrics, const Parts& parts)
    : changelog_(metrics, parts.changes, parts.recovery, parts.census) {
  auto& background = metrics.gauge("objectstore_background_tasks",
                                   "Cleanups and deadlines moved behind requests' backs.");
  auto& writable = metrics.gauge("objectstore_storage_writable",
                                 "1 while the row store can write; reads go on without.");
  handle_ = metrics.before_reading([&background, &writable, parts] {
    background.set(static_cast<double>(parts.store.background_tasks()));
    writable.set(parts.row_tier.writable() ? 1 : 0);
  });
}

}  // namespace objectstore
