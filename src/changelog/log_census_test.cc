#include "changelog/log_census.h"

#include <gmock/gmock.h>

#include "changelog/changelog_metrics.h"
#include "changelog/test_support.h"
#include "runtime/task_scope.h"
#include "testing/manual_clock.h"
#include "testing/recording_logger.h"
#include "testing/run.h"
#include "testing/seeded_random.h"

namespace objectstore::testing {
namespace {

using namespace std::chrono_literals;

class LogCensusTest : public ::testing::Test {
 protected:
  [[nodiscard]] EntryTime ago(Duration age) const { return unix_ms(clock_.now() - age); }
  void add(std::uint64_t number, Duration age, bool swept_later = false) {
    const std::vector<LogEntry> entries(1, LogEntry{change_of(number), swept_later});
    ASSERT_TRUE(run(log_.record(entries, ago(age))).ok());
  }
  void add_upload(std::uint64_t number, Duration age) {
    LogEntry entry{change_of(number), false};
    entry.upload_state.emplace();
    entry.upload_state->nonce = uuid_of(number);
    ASSERT_TRUE(run(log_.exchange(key_of(number), std::nullopt, entry, ago(age))).is_applied());
  }
  void put_aside(std::uint64_t number) {
    const auto request = ScanRequest::one(key_of(number));
    const auto found = run(log_.scan(request));
    ASSERT_TRUE(run(log_.quarantine(found->front(), "broken", ago(0s))).is_applied());
  }
  LogCount take(CensusSettings settings = {}) {
    LogCensus census(log_, clock_, logger_, settings);
    const auto count = run(census.take());
    EXPECT_TRUE(count.ok());
    return *count;
  }

  ManualClock clock_;
  SeededRandom random_;
  RecordingLogger logger_;
  ScriptedLog log_;
};

TEST_F(LogCensusTest, entries_are_told_apart) {
  add(1, 5s);
  add(2, 70s);
  add(3, -26h, true);
  add_upload(4, -7 * 24h);
  log_.entries.inject(key_of(5), "not an entry", ago(10s));
  add(6, 90s);
  put_aside(6);
  EXPECT_EQ(take(), (LogCount{2, 1, 1, 1, 1, 70s, true}));
}

TEST_F(LogCensusTest, an_empty_log_is_no_time_old) {
  EXPECT_EQ(take(), LogCount());
}

TEST_F(LogCensusTest, what_is_not_due_is_not_overdue) {
  add(1, -1h, true);
  EXPECT_EQ(take().oldest, 0s);
  clock_.advance(2h);
  EXPECT_EQ(take().oldest, 1h);
}

TEST_F(LogCensusTest, pages_add_up) {
  for (std::uint64_t number = 1; number <= 7; ++number)
    add(number, 1s);
  for (std::uint64_t number = 11; number <= 15; ++number) {
    add(number, 1s);
    put_aside(number);
  }
  CensusSettings settings;
  settings.page = 3;
  EXPECT_EQ(take(settings), (LogCount{7, 0, 0, 0, 5, 1s, true}));
}

TEST_F(LogCensusTest, no_more_than_a_bounded_number_is_looked_at) {
  for (std::uint64_t number = 1; number <= 20; ++number)
    add(number, 1s);
  CensusSettings settings;
  settings.page = 2;
  settings.most = 6;
  const auto count = take(settings);
  EXPECT_EQ(count.open, 6U);
  EXPECT_FALSE(count.complete);
  EXPECT_EQ(log_.scans.size(), 3U);
}

TEST_F(LogCensusTest, metrics_show_the_last_count_and_what_the_parts_have_counted) {
  class NoSettler final : public ChangeSettler {
    Task<Result<void>> settle(ChangeGuard guard, bool) override {
      co_return co_await guard.close();
    }
    Task<Result<void>> settle_upload(LogEntry) override { co_return Result<void>(); }
  } settler;
  boost::asio::io_context context(1);
  Metrics metrics;
  OpenChanges changes(log_, clock_, random_, logger_, ChangeLogSettings());
  Recovery recovery(log_, changes, settler, clock_, random_, logger_, ChangeLogSettings());
  LogCensus census(log_, clock_, logger_);
  const ChangeLogMetrics shown(metrics, changes, recovery, census);
  TaskScope scope;
  const auto gauge = [&](const char* name) { return metrics.gauge(name, "").value(); };
  const auto heartbeats = [&](const char* outcome) {
    return metrics.counters({"objectstore_heartbeats_total", "", "", {"outcome"}})
        .with({outcome})
        .value();
  };

  auto guard = run(changes.open(change_of(1)));
  ASSERT_TRUE(guard.ok());
  run(changes.beat());
  log_.record_fault = ScriptedLog::always(ErrorCode::io);
  run(changes.beat());
  scope.spawn(context.get_executor(), census.run());
  run_ready(context);
  metrics.refresh();
  EXPECT_EQ(gauge("objectstore_open_changes"), 1);
  EXPECT_EQ(heartbeats("recorded"), 1U);
  EXPECT_EQ(heartbeats("failed"), 1U);
  EXPECT_EQ(
      metrics.gauges({"objectstore_changelog_entries", "", "", {"kind"}}).with({"open"}).value(),
      1);

  // A count that fails leaves the last one; the next comes in its time.
  log_.scan_fault = ScriptedLog::at_first(1, ErrorCode::unavailable);
  run_for(context, clock_, 30s);
  EXPECT_EQ(logger_.count("the change log's entries can't be counted"), 1U);
  metrics.refresh();
  EXPECT_EQ(gauge("objectstore_changelog_oldest_seconds"), 0);
  run_for(context, clock_, 30s);
  metrics.refresh();
  EXPECT_EQ(gauge("objectstore_changelog_oldest_seconds"), 60);
  // Nothing was left by anybody that has not stood still under recovery's eyes.
  EXPECT_EQ(run(recovery.pass()), Recovery::Pass::empty);
  metrics.refresh();
  EXPECT_EQ(metrics.counter("objectstore_recovery_scans_total", "").value(), 1U);
  scope.request_stop();
  run_ready(context);
  EXPECT_EQ(scope.running(), 0U);
}

}  // namespace
}  // namespace objectstore::testing
