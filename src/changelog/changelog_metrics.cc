#include "changelog/changelog_metrics.h"

namespace objectstore {

namespace {

Metrics::RefreshHandle watch_changes(Metrics& metrics, const OpenChanges& changes) {
  auto& open = metrics.gauge("objectstore_open_changes",
                             "Changes that this process has under way and keeps alive.");
  auto& beats = metrics.counters({"objectstore_heartbeats_total",
                                  "Heartbeats of changes, by what became of them.",
                                  "",
                                  {"outcome"}});
  auto& recorded = beats.with({"recorded"});
  auto& failed = beats.with({"failed"});
  return metrics.before_reading([&] {
    open.set(static_cast<double>(changes.size()));
    recorded.raise_to(changes.heartbeats().recorded);
    failed.raise_to(changes.heartbeats().failed);
  });
}

Metrics::RefreshHandle watch_recovery(Metrics& metrics, const Recovery& recovery) {
  auto& scans = metrics.counter("objectstore_recovery_scans_total",
                                "Scans of the change log for what dead processes have left.");
  auto& claimed =
      metrics.counter("objectstore_recovery_claims_total", "Entries that recovery has claimed.");
  auto& lost = metrics.counter("objectstore_recovery_claims_lost_total",
                               "Claims that another process was faster with.");
  auto& settled =
      metrics.counter("objectstore_recovery_settled_total", "Changes that recovery has settled.");
  auto& failed = metrics.counter("objectstore_recovery_failures_total",
                                 "Changes that recovery could not settle; they are tried again.");
  auto& quarantined = metrics.counter("objectstore_recovery_quarantined_total",
                                      "Entries that recovery has put into quarantine.");
  return metrics.before_reading([&] {
    const auto& counters = recovery.counters();
    scans.raise_to(counters.scans);
    claimed.raise_to(counters.claimed);
    lost.raise_to(counters.claims_lost);
    settled.raise_to(counters.settled);
    failed.raise_to(counters.failed);
    quarantined.raise_to(counters.quarantined);
  });
}

Metrics::RefreshHandle watch_census(Metrics& metrics, const LogCensus& census) {
  auto& entries = metrics.gauges({"objectstore_changelog_entries",
                                  "Entries of the change log, of all processes, by kind.",
                                  "",
                                  {"kind"}});
  auto& open = entries.with({"open"});
  auto& uploads = entries.with({"upload"});
  auto& swept_later = entries.with({"swept_later"});
  auto& unreadable = entries.with({"unreadable"});
  auto& quarantined = metrics.gauge("objectstore_changelog_quarantined_entries",
                                    "Entries in quarantine: somebody has to look at them.");
  auto& oldest = metrics.gauge("objectstore_changelog_oldest_seconds",
                               "How long the entry that is most overdue has stood still.");
  return metrics.before_reading([&] {
    const auto count = census.last();
    open.set(static_cast<double>(count.open));
    uploads.set(static_cast<double>(count.uploads));
    swept_later.set(static_cast<double>(count.swept_later));
    unreadable.set(static_cast<double>(count.unreadable));
    quarantined.set(static_cast<double>(count.quarantined));
    oldest.set(in_seconds(count.oldest));
  });
}

}  // namespace

ChangeLogMetrics::ChangeLogMetrics(Metrics& metrics, const OpenChanges& changes,
                                   const Recovery& recovery, const LogCensus& census)
    : changes_(watch_changes(metrics, changes)),
      recovery_(watch_recovery(metrics, recovery)),
      census_(watch_census(metrics, census)) {}

}  // namespace objectstore
