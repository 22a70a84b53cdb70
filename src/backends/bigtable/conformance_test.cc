// On a table in memory; tests/bigtable runs the same on the emulator.
#include "backends/bigtable/conformance_test_support.h"
#include "backends/bigtable/fake_table_test_support.h"

namespace objectstore::testing {
namespace {

using bigtable::ExpiringRedirects;
using bigtable::FakeTable;

const auto name_of = [](const auto& info) { return info.param.name; };

INSTANTIATE_TEST_SUITE_P(
    Bigtable, RowStoreConformance,
    ::testing::Values(bigtable_rows_case<FakeTable>(ExpiringRedirects::collected),
                      bigtable_rows_case<FakeTable>(ExpiringRedirects::kept)),
    name_of);
INSTANTIATE_TEST_SUITE_P(Bigtable, RowListerConformance,
                         ::testing::Values(bigtable_lister_case<FakeTable>()), name_of);
INSTANTIATE_TEST_SUITE_P(Bigtable, ChangeLogConformance,
                         ::testing::Values(bigtable_log_case<FakeTable>()), name_of);
INSTANTIATE_TEST_SUITE_P(Bigtable, ChangeLogExchanges,
                         ::testing::Values(bigtable_log_case<FakeTable>()), name_of);

}  // namespace
}  // namespace objectstore::testing
