// The counts of requests to a store, shown.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "cloud/request_counts.h"
#include "runtime/metrics.h"

namespace objectstore {

class StoreRequestMetrics {
 public:
  using Counts = std::map<std::string, RequestCounts>;

  // `backend`: "gcs", "s3", "bigtable"; `counts` is called before every reading, from any thread,
  // until this goes. `metrics` outlives it.
  StoreRequestMetrics(Metrics& metrics, const std::string& backend, std::function<Counts()> counts);

 private:
  Metrics::RefreshHandle handle_;
};

}  // namespace objectstore
