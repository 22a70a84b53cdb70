// What RocksDB tells of itself, shown.
#pragma once

#include <string>

#include "backends/rocksdb/database.h"
#include "runtime/metrics.h"

namespace objectstore {

class DatabaseMetrics {
 public:
  // `name` tells databases of one process apart: "rows", "changelog". Both outlive it.
  DatabaseMetrics(Metrics& metrics, Database& database, const std::string& name);

 private:
  Metrics::RefreshHandle handle_;
};

}  // namespace objectstore
