#include "backends/rocksdb/database_metrics.h"

#include <array>
#include <vector>

namespace objectstore {

namespace {

enum class Of : std::uint8_t {
  columns,  // the sum over all columns
  database  // of the whole; each column gives the same
};

struct Property {
  const char* property;  // RocksDB's name
  Of of;
  const char* name;  // behind "objectstore_rocksdb_"
  const char* help;
};

constexpr std::array<Property, 12> properties = {{
    {"rocksdb.cur-size-all-mem-tables", Of::columns, "memtable_bytes",
     "Bytes in memory that are not in files yet."},
    {"rocksdb.total-sst-files-size", Of::columns, "sst_bytes", "Bytes of sorted files."},
    {"rocksdb.total-blob-file-size", Of::columns, "blob_file_bytes",
     "Bytes of the files that hold payloads."},
    {"rocksdb.live-blob-file-garbage-size", Of::columns, "blob_file_garbage_bytes",
     "Bytes of those that nothing refers to any more."},
    {"rocksdb.block-cache-usage", Of::database, "block_cache_bytes", "Bytes in the block cache."},
    {"rocksdb.estimate-pending-compaction-bytes", Of::columns, "pending_compaction_bytes",
     "Bytes that compactions still have to rewrite, estimated."},
    {"rocksdb.num-running-compactions", Of::database, "running_compactions",
     "Compactions under way."},
    {"rocksdb.num-running-flushes", Of::database, "running_flushes", "Flushes under way."},
    {"rocksdb.estimate-num-keys", Of::columns, "keys", "Keys of all columns, estimated."},
    {"rocksdb.background-errors", Of::columns, "background_errors",
     "Errors of flushes and compactions since the database was opened."},
    {"rocksdb.actual-delayed-write-rate", Of::database, "delayed_write_rate_bytes",
     "Bytes a second that writes are slowed down to; 0: they are not."},
    {"rocksdb.is-write-stopped", Of::database, "writes_stopped",
     "1 while compactions have to catch up before anything is written."},
}};

double value_of(Database& database, const Property& property) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < column_count; ++i) {
    std::uint64_t value = 0;
    if (database.db().GetIntProperty(database.column(static_cast<Column>(i)), property.property,
                                     &value)) {
      sum += value;
    }
    if (property.of == Of::database) break;
  }
  return static_cast<double>(sum);
}

}  // namespace

DatabaseMetrics::DatabaseMetrics(Metrics& metrics, Database& database, const std::string& name) {
  std::vector<Gauge*> gauges;
  gauges.reserve(properties.size());
  for (const auto& property : properties) {
    auto& family = metrics.gauges(
        {std::string("objectstore_rocksdb_") + property.name, property.help, "", {"database"}});
    gauges.push_back(&family.with({name}));
  }
  handle_ = metrics.before_reading([gauges = std::move(gauges), &database] {
    for (std::size_t i = 0; i < properties.size(); ++i)
      gauges[i]->set(value_of(database, properties[i]));
  });
}

}  // namespace objectstore
