#include <array>

#include "maintenance/scrub.h"

namespace objectstore {

namespace {

constexpr std::array<std::string_view, 3> outcomes = {"clean", "findings", "incomplete"};

}  // namespace

struct ScrubMetrics::Instruments {
  explicit Instruments(Metrics& metrics)
      : repaired(metrics.counter("objectstore_scrub_repaired_total",
                                 "Orphaned blobs that scrubs have deleted.")),
        running(metrics.gauge("objectstore_scrub_running", "Scrubs under way.")),
        last_end(metrics.gauge("objectstore_scrub_last_end_timestamp_seconds",
                               "When the last scrub ended, in seconds since the epoch.")),
        rows(metrics.gauge("objectstore_scrub_rows", "Rows that the last scrub looked at.")),
        blobs(metrics.gauge("objectstore_scrub_blobs", "Blobs that the last scrub looked at.")),
        bytes(metrics.gauge("objectstore_scrub_verified_bytes",
                            "Bytes of payload that the last scrub read and verified.")) {
    auto& by_kind = metrics.gauges({"objectstore_scrub_findings",
                                    "Findings of the last scrub that ended, by kind.",
                                    "",
                                    {"kind"}});
    for (std::size_t i = 0; i < finding_kinds; ++i)
      findings[i] = &by_kind.with({to_string(static_cast<Finding::Kind>(i))});
    auto& by_outcome =
        metrics.counters({"objectstore_scrub_runs_total", "Scrubs that ended.", "", {"outcome"}});
    for (std::size_t i = 0; i < outcomes.size(); ++i)
      runs[i] = &by_outcome.with({outcomes[i]});
  }

  std::array<Gauge*, finding_kinds> findings{};
  std::array<Counter*, outcomes.size()> runs{};
  Counter& repaired;
  Gauge& running;
  Gauge& last_end;
  Gauge& rows;
  Gauge& blobs;
  Gauge& bytes;
};

ScrubMetrics::ScrubMetrics(Metrics& metrics)
    : instruments_(std::make_shared<const Instruments>(metrics)) {}

void ScrubMetrics::begun() const {
  if (instruments_) instruments_->running.add(1);
}

void ScrubMetrics::ended(const ScrubReport& report, WallTime now) const {
  if (!instruments_) return;
  instruments_->running.add(-1);
  instruments_->runs[static_cast<std::size_t>(report.outcome)]->add();
  instruments_->repaired.add(report.repaired);
  for (std::size_t i = 0; i < finding_kinds; ++i)
    instruments_->findings[i]->set(static_cast<double>(report.by_kind[i]));
  instruments_->last_end.set(in_seconds(now.time_since_epoch()));
  instruments_->rows.set(static_cast<double>(report.totals.rows));
  instruments_->blobs.set(static_cast<double>(report.totals.blobs));
  instruments_->bytes.set(static_cast<double>(report.totals.bytes_verified));
}

}  // namespace objectstore
