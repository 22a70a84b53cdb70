// What every store does, on the emulator.
#include "backends/bigtable/conformance_test_support.h"
#include "bigtable/conformance_table.h"

namespace objectstore::testing {
namespace {

using bigtable::ExpiringRedirects;

const auto name_of = [](const auto& info) { return info.param.name; };

INSTANTIATE_TEST_SUITE_P(
    Emulator, RowStoreConformance,
    ::testing::Values(bigtable_rows_case<ConformanceTable>(ExpiringRedirects::collected),
                      bigtable_rows_case<ConformanceTable>(ExpiringRedirects::kept)),
    name_of);
INSTANTIATE_TEST_SUITE_P(Emulator, RowListerConformance,
                         ::testing::Values(bigtable_lister_case<ConformanceTable>()), name_of);
INSTANTIATE_TEST_SUITE_P(Emulator, ChangeLogConformance,
                         ::testing::Values(bigtable_log_case<ConformanceTable>()), name_of);
INSTANTIATE_TEST_SUITE_P(Emulator, ChangeLogExchanges,
                         ::testing::Values(bigtable_log_case<ConformanceTable>()), name_of);

}  // namespace
}  // namespace objectstore::testing
