#include "changelog/open_changes.h"

#include <boost/asio/io_context.hpp>

#include "changelog/test_support.h"
#include "runtime/task_scope.h"
#include "testing/manual_clock.h"
#include "testing/recording_logger.h"
#include "testing/run.h"
#include "testing/seeded_random.h"

namespace objectstore::testing {
namespace {

using namespace std::chrono_literals;

class OpenChangesTest : public ::testing::Test {
 protected:
  ChangeGuard open(std::uint64_t number) {
    auto guard = run(changes_.open(change_of(number)));
    EXPECT_TRUE(guard.ok());
    return std::move(guard).value();
  }
  void spawn(Task<void> task) {
    scope_.spawn(context_.get_executor(), std::move(task));
    run_ready(context_);
  }
  static Task<void> close(ChangeGuard& guard) {
    const auto closed = co_await guard.close();
    EXPECT_TRUE(closed.ok());
  }
  // The time of an entry in the log; 0: it is not there.
  EntryTime time_of(std::uint64_t number) {
    const auto entries = log_.entries.snapshot();
    const auto it = entries.find(key_of(number));
    return it == entries.end() ? 0 : it->second.time;
  }
  EntryTime now_ms() { return unix_ms(clock_.now()); }
  void beat() {
    spawn(changes_.beat());
    run_for(context_, clock_, 1s);  // for the pauses between its tries
  }

  boost::asio::io_context context_{1};
  ManualClock clock_;
  SeededRandom random_;
  RecordingLogger logger_;
  ScriptedLog log_;
  ChangeLogSettings settings_;
  OpenChanges changes_{log_, clock_, random_, logger_, settings_};
  TaskScope scope_;
};

TEST_F(OpenChangesTest, an_open_change_is_in_the_log) {
  const auto guard = open(1);
  EXPECT_EQ(time_of(1), now_ms());
  EXPECT_TRUE(guard.valid());
  EXPECT_EQ(guard.change(), change_of(1));
  EXPECT_EQ(changes_.size(), 1U);
}

TEST_F(OpenChangesTest, one_bulk_record_a_beat_for_all_open_changes) {
  const auto first = open(1);
  const auto second = open(2);
  const auto third = open(3);
  log_.records.clear();
  clock_.advance(10s);
  const auto now = now_ms();
  run(changes_.beat());
  ASSERT_EQ(log_.records.size(), 1U);
  EXPECT_EQ(log_.records[0], (std::vector<Uuid>{uuid_of(1), uuid_of(2), uuid_of(3)}));
  for (const auto number : {1, 2, 3})
    EXPECT_EQ(time_of(number), now);
}

TEST_F(OpenChangesTest, a_beat_without_open_changes_records_nothing) {
  run(changes_.beat());
  EXPECT_TRUE(log_.records.empty());
}

TEST_F(OpenChangesTest, changes_beat_every_ten_seconds_until_stopped) {
  const auto guard = open(1);
  log_.records.clear();
  spawn(changes_.run_heartbeats());
  run_for(context_, clock_, 9s);
  EXPECT_EQ(log_.records.size(), 0U);
  run_for(context_, clock_, 1s);
  EXPECT_EQ(log_.records.size(), 1U);
  run_for(context_, clock_, 20s);
  EXPECT_EQ(log_.records.size(), 3U);
  EXPECT_TRUE(guard.valid());
  scope_.request_stop();
  run_ready(context_);
  EXPECT_EQ(scope_.running(), 0U);
}

TEST_F(OpenChangesTest, a_failed_heartbeat_invalidates_the_changes_it_was_for) {
  const auto first = open(1);
  const auto second = open(2);
  log_.record_fault = ScriptedLog::always(ErrorCode::io);
  log_.records.clear();
  beat();
  EXPECT_EQ(log_.records.size(), 1U) << "trying again would not help";
  EXPECT_FALSE(first.valid());
  EXPECT_FALSE(second.valid());
  EXPECT_EQ(logger_.count("heartbeats could not be recorded"), 1U);

  log_.record_fault = nullptr;
  const auto later = open(3);
  log_.records.clear();
  beat();
  EXPECT_TRUE(later.valid());
  EXPECT_FALSE(first.valid()) << "for good";
  ASSERT_EQ(log_.records.size(), 1U);
  EXPECT_EQ(log_.records[0], std::vector<Uuid>{uuid_of(3)}) << "others beat no more";
}

TEST_F(OpenChangesTest, a_change_opened_during_a_failing_beat_stays_valid) {
  const auto before = open(1);
  Event gate;
  log_.record_gate = &gate;
  log_.record_fault = ScriptedLog::at_first(1, ErrorCode::io);
  spawn(changes_.beat());
  log_.record_gate = nullptr;
  const auto during = changes_.adopt(LogEntry{change_of(2), false});
  gate.set();
  run_ready(context_);
  EXPECT_FALSE(before.valid());
  EXPECT_TRUE(during.valid());
}

TEST_F(OpenChangesTest, a_heartbeat_is_tried_again_while_that_can_help) {
  const auto guard = open(1);
  log_.record_fault = ScriptedLog::at_first(settings_.record_attempts - 1, ErrorCode::unavailable);
  log_.records.clear();
  beat();
  EXPECT_EQ(log_.records.size(), static_cast<std::size_t>(settings_.record_attempts));
  EXPECT_TRUE(guard.valid());

  log_.record_fault = ScriptedLog::at_first(settings_.record_attempts, ErrorCode::unavailable);
  beat();
  EXPECT_FALSE(guard.valid());
}

TEST_F(OpenChangesTest, a_change_that_can_not_be_recorded_is_not_open) {
  log_.record_fault = ScriptedLog::always(ErrorCode::io);
  const auto guard = run(changes_.open(change_of(1)));
  ASSERT_FALSE(guard.ok());
  EXPECT_EQ(guard.error().code(), ErrorCode::io);
  EXPECT_EQ(changes_.size(), 0U);
}

TEST_F(OpenChangesTest, close_removes_the_entry) {
  auto guard = open(1);
  const auto other = open(2);
  ASSERT_TRUE(run(guard.close()).ok());
  EXPECT_EQ(time_of(1), 0U);
  EXPECT_NE(time_of(2), 0U);
  EXPECT_FALSE(guard.valid());
  EXPECT_EQ(changes_.size(), 1U);
}

TEST_F(OpenChangesTest, close_waits_for_a_heartbeat_in_flight) {
  auto guard = open(1);
  Event gate;
  log_.record_gate = &gate;
  spawn(changes_.beat());
  spawn(close(guard));
  EXPECT_NE(time_of(1), 0U) << "a heartbeat would bring it back";
  EXPECT_EQ(scope_.running(), 2U);
  gate.set();
  run_ready(context_);
  EXPECT_EQ(scope_.running(), 0U);
  EXPECT_EQ(time_of(1), 0U);
}

TEST_F(OpenChangesTest, close_does_not_wait_for_heartbeats_of_others) {
  const auto other = open(1);
  Event gate;
  log_.record_gate = &gate;
  spawn(changes_.beat());
  log_.record_gate = nullptr;
  auto guard = changes_.adopt(LogEntry{change_of(2), false});
  spawn(close(guard));
  EXPECT_EQ(scope_.running(), 1U) << "the beat alone";
  gate.set();
  run_ready(context_);
}

TEST_F(OpenChangesTest, a_dropped_guard_leaves_its_entry_and_beats_no_more) {
  { const auto guard = open(1); }
  EXPECT_EQ(changes_.size(), 0U);
  const auto recorded = time_of(1);
  EXPECT_NE(recorded, 0U);
  clock_.advance(10s);
  log_.records.clear();
  beat();
  EXPECT_TRUE(log_.records.empty());
  EXPECT_EQ(time_of(1), recorded);
}

TEST_F(OpenChangesTest, a_moved_guard_is_the_same_change) {
  auto first = open(1);
  const auto second = std::move(first);
  EXPECT_EQ(changes_.size(), 1U);
  EXPECT_TRUE(second.valid());
  EXPECT_FALSE(first.valid());  // NOLINT(bugprone-use-after-move)
}

TEST_F(OpenChangesTest, a_guard_is_invalid_once_recovery_has_adopted_its_change) {
  const auto first = open(1);
  {
    const auto second = changes_.adopt(LogEntry{change_of(1), false});
    EXPECT_FALSE(first.valid());
    EXPECT_TRUE(second.valid());
  }
  EXPECT_FALSE(first.valid());
}

TEST_F(OpenChangesTest, heartbeats_keep_what_the_entry_says) {
  const auto guard = changes_.adopt(LogEntry{change_of(1), true});
  clock_.advance(10s);
  beat();
  const auto stored = log_.entries.snapshot();
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_NE(stored.begin()->second.value.find("sweep"), std::string::npos);
}

TEST_F(OpenChangesTest, an_adopted_change_beats_from_then_on) {
  ASSERT_TRUE(run(log_.entries.record({LogEntry{change_of(1), false}}, 5)).ok());
  const auto guard = changes_.adopt(LogEntry{change_of(1), false});
  EXPECT_EQ(time_of(1), 5U);
  EXPECT_TRUE(guard.valid());
  const auto now = now_ms();
  run(changes_.beat());
  EXPECT_EQ(time_of(1), now);
}

TEST_F(OpenChangesTest, entries_name_who_keeps_them_alive) {
  settings_.owner = "web-3:4121:9f3a";
  OpenChanges changes(log_, clock_, random_, logger_, settings_);
  const auto opened = run(changes.open(change_of(1)));
  ASSERT_TRUE(opened.ok());
  LogEntry of_another{change_of(2), false, "web-1:99:0000"};
  const auto adopted = changes.adopt(of_another);
  run(changes.beat());
  const auto entries = log_.entries.snapshot();
  const std::pair<std::uint64_t, bool> cases[] = {{1, false}, {2, true}};
  for (const auto& [number, claimed] : cases) {
    const auto decoded = decode_entry(key_of(number), entries.at(key_of(number)).value);
    ASSERT_TRUE(decoded.ok());
    const auto& entry = std::get<LogEntry>(*decoded);
    EXPECT_EQ(entry.owner, settings_.owner);
    EXPECT_EQ(entry.claimed, claimed);
  }
}

TEST_F(OpenChangesTest, an_entry_kept_for_later_is_due_then_and_beats_no_more) {
  auto guard = open(1);
  const auto due = now_ms() + 1'000'000;
  ASSERT_TRUE(run(guard.keep_until(due)).ok());
  EXPECT_EQ(changes_.size(), 0U);
  run(changes_.beat());
  EXPECT_EQ(time_of(1), due);
  const auto request = ScanRequest::all(10);
  const auto found = run(log_.entries.scan(request));
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 1U);
  const LogEntry expected{change_of(1), true};
  EXPECT_EQ(std::get<LogEntry>(found->at(0).content), expected);
}

}  // namespace
}  // namespace objectstore::testing
