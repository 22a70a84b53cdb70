#include "app/tiers_metrics.h"

namespace objectstore {

TiersMetrics::TiersMetrics(Metrics* metrics, const Clock& clock, const Stores& stores,
                           TierTypes types)
    : stores_(stores) {
  if (metrics == nullptr) return;
  rows_.emplace(stores.rows, *metrics, clock);
  blobs_.emplace(stores.blobs, *metrics, clock);
  if (stores.multipart != nullptr) multipart_.emplace(*stores.multipart, *metrics, clock);
  if (stores.log.durable()) log_.emplace(stores.log, *metrics, clock);
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
