#include "cloud/store_request_metrics.h"

#include <gmock/gmock.h>

#include <map>

namespace objectstore {
namespace {

using ::testing::Contains;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::map<std::string, std::uint64_t> values(const Metrics& metrics) {
  std::map<std::string, std::uint64_t> out;
  for (const auto* family : metrics.all_counters()) {
    const auto& info = family->info();
    family->each([&](const auto& labels, const Counter& counter) {
      auto name = info.name.empty() ? info.statsd : info.name;
      for (const auto& label : labels)
        name.append(" ").append(label);
      out[name] = counter.value();
    });
  }
  return out;
}

TEST(StoreRequestMetricsTest, counts_are_shown_and_sent_by_action) {
  Metrics metrics;
  RequestCounters counters;
  const StoreRequestMetrics shown(metrics, "gcs", [&] { return counters.snapshot(); });
  counters.add("delete", &RequestCounts::calls);
  counters.add("delete", &RequestCounts::retries);
  counters.add("delete", &RequestCounts::retries);
  counters.add("delete", &RequestCounts::failures);
  counters.add("delete", &RequestCounts::budget_refusals);
  metrics.refresh();
  metrics.refresh();
  EXPECT_THAT(
      values(metrics),
      UnorderedElementsAre(Pair("objectstore_backend_requests_total gcs delete", 1),
                           Pair("objectstore_backend_retries_total gcs delete", 2),
                           Pair("objectstore_backend_failures_total gcs delete", 1),
                           Pair("objectstore_backend_retry_budget_refusals_total gcs delete", 1),
                           Pair("gcs.retries delete", 2), Pair("gcs.failures delete", 1)));
}

TEST(StoreRequestMetricsTest, backends_stand_side_by_side) {
  Metrics metrics;
  RequestCounters rows;
  RequestCounters blobs;
  const StoreRequestMetrics shown_rows(metrics, "bigtable", [&] { return rows.snapshot(); });
  const StoreRequestMetrics shown_blobs(metrics, "gcs", [&] { return blobs.snapshot(); });
  rows.add("read_row", &RequestCounts::calls);
  blobs.add("delete", &RequestCounts::calls);
  metrics.refresh();
  EXPECT_THAT(values(metrics),
              Contains(Pair("objectstore_backend_requests_total bigtable read_row", 1)));
  EXPECT_THAT(values(metrics), Contains(Pair("objectstore_backend_requests_total gcs delete", 1)));
}

}  // namespace
}  // namespace objectstore
