#include "changelog/metered_change_log.h"

#include <gmock/gmock.h>

#include <memory>

#include "changelog/test_support.h"
#include "testing/change_log_conformance.h"
#include "testing/change_log_exchange_conformance.h"
#include "testing/manual_clock.h"
#include "testing/run.h"
#include "testing/tier_operations.h"

namespace objectstore::testing {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

struct MeteredLog final : ChangeLogUnderTest {
  [[nodiscard]] ChangeLog& log() override { return store; }
  void put(const std::string& key, EntryTime time, const std::string& value,
           const std::string& state) override {
    inner.inject(key, value, time, state);
  }
  ManualClock clock;
  MemoryChangeLog inner;
  Metrics metrics;
  MeteredChangeLog store{inner, metrics, clock};
};

const auto name_of = [](const auto& info) { return info.param.name; };
const ChangeLogCase metered{"metered", [](Clock&) { return std::make_unique<MeteredLog>(); }};

INSTANTIATE_TEST_SUITE_P(Metered, ChangeLogConformance, ::testing::Values(metered), name_of);
INSTANTIATE_TEST_SUITE_P(Metered, ChangeLogExchanges, ::testing::Values(metered), name_of);

TEST(MeteredChangeLog, requests_are_counted_by_outcome) {
  ManualClock clock;
  Metrics metrics;
  ScriptedLog inner;
  MeteredChangeLog log(inner, metrics, clock);
  LogEntry entry;
  entry.change = change_of(1);
  EXPECT_TRUE(run(log.record({entry}, 5)).ok());
  inner.record_fault = ScriptedLog::always(ErrorCode::unavailable);
  EXPECT_FALSE(run(log.record({entry}, 6)).ok());
  const auto found = run(log.scan(ScanRequest::all(10)));
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 1U);
  EXPECT_TRUE(run(log.claim(found->front(), 7)).is_applied());
  EXPECT_TRUE(run(log.claim(found->front(), 8)).is_refused());
  inner.claim_fault = [] { return Mutation::unknown(Error(ErrorCode::unavailable, "no answer")); };
  EXPECT_EQ(run(log.claim(found->front(), 9)).outcome(), Mutation::Outcome::unknown);
  EXPECT_TRUE(run(log.remove(key_of(1))).ok());
  EXPECT_THAT(
      tier_operations(metrics, "change-log"),
      UnorderedElementsAre(Pair("record ok", 1), Pair("record failed", 1), Pair("scan ok", 1),
                           Pair("claim ok", 1), Pair("claim refused", 1), Pair("claim unknown", 1),
                           Pair("remove ok", 1)));
}

TEST(MeteredChangeLog, the_time_of_a_request_is_its_own) {
  ManualClock clock;
  Metrics metrics;
  ScriptedLog inner;
  MeteredChangeLog log(inner, metrics, clock);
  inner.record_fault = [&clock]() -> std::optional<Error> {
    clock.advance(std::chrono::seconds(3));
    return std::nullopt;
  };
  std::vector<LogEntry> entries(1);
  entries.front().change = change_of(1);
  auto call = log.record(entries, 5);
  clock.advance(std::chrono::seconds(100));  // not begun yet
  EXPECT_TRUE(run(std::move(call)).ok());
  EXPECT_EQ(tier_seconds(metrics, "record"), 3);
}

}  // namespace
}  // namespace objectstore::testing
