#include "backends/rocksdb/database_metrics.h"

#include <gmock/gmock.h>

#include "backends/rocksdb/test_support.h"

namespace objectstore::testing {
namespace {

using ::testing::Gt;

class DatabaseMetricsTest : public ::testing::Test {
 protected:
  double gauge(const std::string& name) {
    metrics_.refresh();
    return metrics_.gauges({"objectstore_rocksdb_" + name, "", "", {"database"}})
        .with({"rows"})
        .value();
  }

  ScratchDirectory directory_;
  ManualClock clock_;
  RocksDbParts parts_{directory_.path() / "rows", clock_};
  Metrics metrics_;
  DatabaseMetrics shown_{metrics_, *parts_.database, "rows"};
};

TEST_F(DatabaseMetricsTest, memory_and_files_are_told) {
  const std::string payload(100'000, 'x');
  ASSERT_EQ(parts_.write("u/objects/k", inline_state(payload), stamp_of(1)),
            Mutation::Outcome::applied);
  EXPECT_THAT(gauge("memtable_bytes"), Gt(100'000));
  EXPECT_EQ(gauge("blob_file_bytes"), 0);
  rocksdb::FlushOptions options;
  std::vector<rocksdb::ColumnFamilyHandle*> columns;
  for (std::size_t i = 0; i < column_count; ++i)
    columns.push_back(parts_.database->column(static_cast<Column>(i)));
  ASSERT_TRUE(parts_.database->db().Flush(options, columns).ok());
  EXPECT_THAT(gauge("blob_file_bytes"), Gt(100'000));
  EXPECT_THAT(gauge("sst_bytes"), Gt(0));
  EXPECT_THAT(gauge("keys"), Gt(0));
}

TEST_F(DatabaseMetricsTest, every_property_is_known_to_this_version) {
  ASSERT_EQ(parts_.write("u/objects/k", inline_state("x"), stamp_of(1)),
            Mutation::Outcome::applied);
  // A property that is not known would read as zero for ever.
  for (const char* property :
       {"rocksdb.cur-size-all-mem-tables", "rocksdb.total-sst-files-size",
        "rocksdb.total-blob-file-size", "rocksdb.live-blob-file-garbage-size",
        "rocksdb.block-cache-usage", "rocksdb.estimate-pending-compaction-bytes",
        "rocksdb.num-running-compactions", "rocksdb.num-running-flushes",
        "rocksdb.estimate-num-keys", "rocksdb.background-errors",
        "rocksdb.actual-delayed-write-rate", "rocksdb.is-write-stopped"}) {
    std::uint64_t value = 0;
    EXPECT_TRUE(parts_.database->db().GetIntProperty(parts_.database->column(Column::base),
                                                     property, &value))
        << property;
  }
}

}  // namespace
}  // namespace objectstore::testing
