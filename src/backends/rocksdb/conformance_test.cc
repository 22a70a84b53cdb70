#include "backends/rocksdb/test_support.h"
#include "testing/change_log_conformance.h"
#include "testing/change_log_exchange_conformance.h"
#include "testing/row_lister_conformance.h"
#include "testing/row_store_conformance.h"

namespace objectstore::testing {
namespace {

struct RocksDbRows final : RowStoreUnderTest {
  explicit RocksDbRows(Clock& clock) : parts(directory.path() / "rows", clock) {}
  [[nodiscard]] RowStore& rows() override { return parts.rows; }
  [[nodiscard]] RowSweeper* sweeper() override { return &parts.rows; }
  ScratchDirectory directory;
  RocksDbParts parts;
};

struct RocksDbListing final : RowListerUnderTest {
  explicit RocksDbListing(Clock& clock) : parts(directory.path() / "rows", clock) {}
  [[nodiscard]] RowStore& rows() override { return parts.rows; }
  [[nodiscard]] RowLister& lister() override { return parts.rows; }
  [[nodiscard]] bool spoil(const std::string& key) override {
    parts.put_raw(Column::rows, key, parts.raw(Column::rows, key) + "x");
    return true;
  }
  ScratchDirectory directory;
  RocksDbParts parts;
};

struct RocksDbLog final : ChangeLogUnderTest {
  explicit RocksDbLog(Clock& clock) : parts(directory.path() / "rows", clock) {}
  [[nodiscard]] ChangeLog& log() override { return parts.log; }
  void put(const std::string& key, EntryTime time, const std::string& value,
           const std::string& state) override {
    parts.put_raw(Column::changelog, key, encode_log_value(key, time, value, state));
  }
  ScratchDirectory directory;
  RocksDbParts parts;
};

const auto name_of = [](const auto& info) { return info.param.name; };

INSTANTIATE_TEST_SUITE_P(RocksDb, RowStoreConformance,
                         ::testing::Values(RowStoreCase{
                             "rocksdb",
                             [](Clock& clock) { return std::make_unique<RocksDbRows>(clock); }}),
                         name_of);
INSTANTIATE_TEST_SUITE_P(RocksDb, RowListerConformance,
                         ::testing::Values(RowListerCase{
                             "rocksdb",
                             [](Clock& clock) { return std::make_unique<RocksDbListing>(clock); }}),
                         name_of);
INSTANTIATE_TEST_SUITE_P(RocksDb, ChangeLogConformance,
                         ::testing::Values(ChangeLogCase{
                             "rocksdb",
                             [](Clock& clock) { return std::make_unique<RocksDbLog>(clock); }}),
                         name_of);
INSTANTIATE_TEST_SUITE_P(RocksDb, ChangeLogExchanges,
                         ::testing::Values(ChangeLogCase{
                             "rocksdb",
                             [](Clock& clock) { return std::make_unique<RocksDbLog>(clock); }}),
                         name_of);

}  // namespace
}  // namespace objectstore::testing
