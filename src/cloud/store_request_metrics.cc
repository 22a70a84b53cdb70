#include "cloud/store_request_metrics.h"

#include <utility>

namespace objectstore {

namespace {

Family<Counter>& by_action(Metrics& metrics, std::string name, std::string help) {
  return metrics.counters({std::move(name), std::move(help), "", {"backend", "action"}});
}

// DogStatsD has the backend in the name.
Family<Counter>& sent(Metrics& metrics, const std::string& backend, const std::string& what) {
  return metrics.counters({"", "", backend + "." + what, {"action"}});
}

}  // namespace

StoreRequestMetrics::StoreRequestMetrics(Metrics& metrics, const std::string& backend,
                                         std::function<Counts()> counts) {
  auto& requests = by_action(metrics, "objectstore_backend_requests_total",
                             "Requests to a store, without the times they were sent again.");
  auto& retries = by_action(metrics, "objectstore_backend_retries_total",
                            "Times that a request to a store was sent again.");
  auto& failures = by_action(metrics, "objectstore_backend_failures_total",
                             "Requests to a store that failed in the end.");
  auto& refusals = by_action(metrics, "objectstore_backend_retry_budget_refusals_total",
                             "Requests to a store not sent again for want of a retry budget.");
  auto& sent_retries = sent(metrics, backend, "retries");
  auto& sent_failures = sent(metrics, backend, "failures");
  handle_ = metrics.before_reading([&, backend, counts = std::move(counts)] {
    for (const auto& [action, count] : counts()) {
      requests.with({backend, action}).raise_to(count.calls);
      retries.with({backend, action}).raise_to(count.retries);
      failures.with({backend, action}).raise_to(count.failures);
      refusals.with({backend, action}).raise_to(count.budget_refusals);
      sent_retries.with({action}).raise_to(count.retries);
      sent_failures.with({action}).raise_to(count.failures);
    }
  });
}

}  // namespace objectstore
