// The stores on some table, as the conformance suites want them. A Table is made of the clock that
// dates its cells, has client(), and put(key, cell) as any program could.
#pragma once

#include <memory>
#include <string>

#include "backends/bigtable/bigtable_change_log.h"
#include "backends/bigtable/bigtable_row_store.h"
#include "backends/bigtable/cell_names.h"
#include "testing/change_log_conformance.h"
#include "testing/change_log_exchange_conformance.h"
#include "testing/row_lister_conformance.h"
#include "testing/row_store_conformance.h"
#include "testing/seeded_random.h"

namespace objectstore::testing {

template <class Table>
struct BigtableRows final : RowStoreUnderTest {
  BigtableRows(Clock& clock, bigtable::ExpiringRedirects redirects)
      : redirects_(redirects), table(clock), store(table.client(), clock, redirects) {}
  [[nodiscard]] RowStore& rows() override { return store; }
  [[nodiscard]] RowSweeper* sweeper() override {
    return redirects_ == bigtable::ExpiringRedirects::kept ? &store : nullptr;
  }
  const bigtable::ExpiringRedirects redirects_;
  Table table;
  BigtableRowStore store;
};

template <class Table>
struct BigtableListing final : RowListerUnderTest {
  explicit BigtableListing(Clock& clock)
      : table(clock), store(table.client(), clock, bigtable::ExpiringRedirects::kept) {}
  [[nodiscard]] RowStore& rows() override { return store; }
  [[nodiscard]] RowLister& lister() override { return store; }
  [[nodiscard]] bool spoil(const std::string& key) override {
    table.put(key, bigtable::Cell{"fm", "r", bigtable::server_time, "no path"});
    return true;
  }
  Table table;
  BigtableRowStore store;
};

template <class Table>
struct BigtableLog final : ChangeLogUnderTest {
  explicit BigtableLog(Clock& clock) : table(clock), store(table.client(), random) {}
  [[nodiscard]] ChangeLog& log() override { return store; }
  void put(const std::string& key, EntryTime time, const std::string& value,
           const std::string& state) override {
    const auto at = bigtable::cell_time_of_ms(time);
    if (!value.empty()) table.put(key, bigtable::Cell{"fc", "c", at, value});
    if (!state.empty()) table.put(key, bigtable::Cell{"fc", "s", at, state});
  }
  SeededRandom random;
  Table table;
  BigtableChangeLog store;
};

template <class Table>
RowStoreCase bigtable_rows_case(bigtable::ExpiringRedirects redirects) {
  const bool kept = redirects == bigtable::ExpiringRedirects::kept;
  RowStoreCase param;
  param.name = kept ? "redirects_kept" : "redirects_collected";
  param.make = [redirects](Clock& clock) {
    return std::make_unique<BigtableRows<Table>>(clock, redirects);
  };
  param.judges_impossible_conditions = false;
  param.sweeps_inline_rows = false;
  return param;
}
template <class Table>
RowListerCase bigtable_lister_case() {
  return {"bigtable", [](Clock& clock) { return std::make_unique<BigtableListing<Table>>(clock); }};
}
template <class Table>
ChangeLogCase bigtable_log_case() {
  return {"bigtable", [](Clock& clock) { return std::make_unique<BigtableLog<Table>>(clock); }};
}

}  // namespace objectstore::testing
