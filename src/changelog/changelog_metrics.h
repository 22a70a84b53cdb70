// The change log's part of the metrics: what its parts count already, shown.
#pragma once

#include "changelog/log_census.h"
#include "changelog/open_changes.h"
#include "changelog/recovery.h"
#include "runtime/metrics.h"

namespace objectstore {

class ChangeLogMetrics {
 public:
  // All of them outlive it.
  ChangeLogMetrics(Metrics& metrics, const OpenChanges& changes, const Recovery& recovery,
                   const LogCensus& census);

 private:
  Metrics::RefreshHandle changes_;
  Metrics::RefreshHandle recovery_;
  Metrics::RefreshHandle census_;
};

}  // namespace objectstore
