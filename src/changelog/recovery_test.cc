#include "changelog/recovery.h"

#include <boost/asio/io_context.hpp>

#include "changelog/test_support.h"
#include "testing/manual_clock.h"
#include "testing/recording_logger.h"
#include "testing/run.h"
#include "testing/seeded_random.h"

namespace objectstore::testing {
namespace {

using namespace std::chrono_literals;

// Settles by removing the entry, unless told to wait or to fail.
class FakeSettler final : public ChangeSettler {
 public:
  explicit FakeSettler(Clock& clock) : clock_(clock) {}

  std::vector<Uuid> settled;  // in the order of their calls
  std::vector<bool> swept_later;
  Event* gate = nullptr;
  bool until_stopped = false;  // waits for a store for ever
  std::function<std::optional<Error>(const Change&)> fault;
  std::size_t running = 0, most_running = 0;

  Task<Result<void>> settle(ChangeGuard guard, bool later) override {
    settled.push_back(guard.change().id);
    swept_later.push_back(later);
    most_running = std::max(most_running, ++running);
    if (gate != nullptr) co_await gate->wait();
    if (until_stopped) co_await clock_.sleep_for(1000h);
    --running;
    if (until_stopped) co_return Error(ErrorCode::cancelled, "stopped");
    const auto error = fault ? fault(guard.change()) : std::nullopt;
    if (error) co_return *error;
    co_return co_await guard.close();
  }
  // Uploads in parts, by the id of their change.
  std::vector<Uuid> uploads;
  std::optional<Error> upload_fault;
  Task<Result<void>> settle_upload(LogEntry entry) override {
    uploads.push_back(entry.change.id);
    if (upload_fault) co_return *upload_fault;
    co_return Result<void>();
  }
  [[nodiscard]] std::size_t count(std::uint64_t number) const {
    return static_cast<std::size_t>(std::count(settled.begin(), settled.end(), uuid_of(number)));
  }

 private:
  Clock& clock_;
};

class RecoveryTest : public ::testing::Test {
 protected:
  ~RecoveryTest() override {
    if (recovery_) recovery_->hurry();
    scope_.request_stop();
    run_ready(context_);
    EXPECT_EQ(scope_.running(), 0U);
  }

  // As a process starts it: `settings_` as they are now.
  void start() {
    recovery_ =
        std::make_unique<Recovery>(log_, changes_, settler_, clock_, random_, logger_, settings_);
    spawn(recovery_->run());
  }
  void spawn(Task<void> task) {
    scope_.spawn(context_.get_executor(), std::move(task));
    run_ready(context_);
  }
  void pass_time(Duration duration) { run_for(context_, clock_, duration); }

  EntryTime now_ms() { return unix_ms(clock_.now()); }
  // What a crashed process left behind, last recorded a minute ago.
  void left_behind(std::uint64_t number, bool swept_later = false) {
    record(number, now_ms() - 60'000, swept_later);
  }
  void record(std::uint64_t number, EntryTime time, bool swept_later = false) {
    const LogEntry entry{change_of(number), swept_later};
    log_.entries.inject(key_of(number), encode_entry(entry), time);
  }
  // An upload in parts that nobody completes.
  void leave_upload(std::uint64_t number, EntryTime time) {
    LogEntry entry{change_of(number), false};
    entry.upload_state.emplace();
    entry.upload_state->nonce = uuid_of(1000 + number);
    ASSERT_TRUE(run(log_.entries.exchange(key_of(number), std::nullopt, entry, time)).is_applied());
  }
  bool in_log(const std::string& key) { return log_.entries.snapshot().contains(key); }
  bool in_log(std::uint64_t number) { return in_log(key_of(number)); }
  std::vector<QuarantinedEntry> quarantined() {
    return run(log_.entries.quarantined(UINT64_MAX, "", 1000)).value();
  }
  [[nodiscard]] const RecoveryCounters& counters() const { return recovery_->counters(); }

  boost::asio::io_context context_{1};
  ManualClock clock_;
  SeededRandom random_;
  RecordingLogger logger_;
  ScriptedLog log_;
  ChangeLogSettings settings_;
  OpenChanges changes_{log_, clock_, random_, logger_, settings_};
  FakeSettler settler_{clock_};
  std::unique_ptr<Recovery> recovery_;
  TaskScope scope_;
};

TEST_F(RecoveryTest, what_a_crash_left_is_settled_after_it_stood_still) {
  left_behind(1);
  left_behind(2);
  start();
  EXPECT_EQ(logger_.count("recovery found open entries at start"), 1U);
  EXPECT_EQ(logger_.count("count=2"), 1U);
  pass_time(settings_.stale_after - 1ms);
  EXPECT_TRUE(settler_.settled.empty()) << "an entry found at start waits, too";
  pass_time(settings_.stale_after / 10 + 1ms);
  EXPECT_EQ(settler_.settled.size(), 2U);
  EXPECT_FALSE(in_log(1));
  EXPECT_FALSE(in_log(2));
  EXPECT_EQ(counters().settled, 2U);
  EXPECT_EQ(counters().claimed, 2U);
}

TEST_F(RecoveryTest, uploads_in_parts_are_settled_without_a_claim_once_their_time_has_passed) {
  leave_upload(1, now_ms() - 60'000);
  leave_upload(2, now_ms() + 24 * 3'600'000);  // not due for a day
  start();
  pass_time(settings_.stale_after + settings_.stale_after / 10);
  EXPECT_EQ(settler_.uploads, std::vector<Uuid>{uuid_of(1)});
  EXPECT_EQ(counters().claimed, 0U);
  EXPECT_EQ(counters().settled, 1U);
  EXPECT_TRUE(settler_.settled.empty());
}

TEST_F(RecoveryTest, an_upload_that_can_not_be_settled_goes_into_quarantine_after_its_budget) {
  leave_upload(1, now_ms() - 60'000);
  settler_.upload_fault = Error(ErrorCode::unavailable, "the store is away");
  start();
  pass_time(1h);
  EXPECT_GT(settler_.uploads.size(), static_cast<std::size_t>(settings_.settle_attempts));
  EXPECT_TRUE(quarantined().empty()) << "unavailability says nothing about the entry";
  settler_.upload_fault = Error(ErrorCode::corrupt, "its state is missing");
  pass_time(1h);
  EXPECT_EQ(quarantined().size(), 1U);
  EXPECT_TRUE(log_.entries.snapshot().empty());
}

TEST_F(RecoveryTest, a_fresh_entry_is_not_even_claimed_while_its_time_moves) {
  record(1, now_ms());
  start();
  for (int beat = 0; beat < 60; ++beat) {
    pass_time(10s);
    record(1, now_ms());
  }
  EXPECT_EQ(log_.claims, 0U);
  pass_time(60s);
  EXPECT_EQ(settler_.count(1), 1U) << "once the heartbeats end";
}

// The writer's wall clock differs from ours: its entries still move, and still end.
TEST_F(RecoveryTest, a_wall_clock_an_hour_off_settles_nothing_that_lives) {
  for (const auto skew : {-1h, 1h}) {
    SCOPED_TRACE(skew.count());
    const auto writer_now = [&] { return unix_ms(clock_.now() + skew); };
    const auto number = static_cast<std::uint64_t>(10 + skew.count());
    record(number, writer_now());
    if (!recovery_) start();
    for (int beat = 0; beat < 600; ++beat) {
      pass_time(10s);
      record(number, writer_now());
    }
    EXPECT_EQ(settler_.count(number), 0U);
    pass_time(2h);
    EXPECT_EQ(settler_.count(number), 1U);
    EXPECT_FALSE(in_log(number));
  }
}

TEST_F(RecoveryTest, a_step_of_our_wall_clock_makes_nothing_stale) {
  record(1, now_ms() - 5'000);
  start();
  clock_.set_wall(clock_.now() + 1h);
  pass_time(settings_.stale_after - 1ms);
  EXPECT_TRUE(settler_.settled.empty());
  pass_time(2 * settings_.empty_wait);
  EXPECT_EQ(settler_.count(1), 1U);
}

TEST_F(RecoveryTest, an_entry_is_not_looked_at_before_its_time) {
  record(1, now_ms() + 3'600'000, true);
  start();
  pass_time(1h);
  EXPECT_TRUE(settler_.settled.empty());
  pass_time(2min);
  ASSERT_EQ(settler_.settled.size(), 1U);
  EXPECT_TRUE(settler_.swept_later[0]);
}

TEST_F(RecoveryTest, a_lost_claim_is_not_acted_upon) {
  left_behind(1);
  log_.claim_fault = [] { return Mutation::refused(); };
  start();
  pass_time(settings_.stale_after + 1s);
  EXPECT_GT(counters().claims_lost, 0U);
  EXPECT_TRUE(settler_.settled.empty());
  EXPECT_TRUE(in_log(1));
}

TEST_F(RecoveryTest, of_two_recoverers_one_settles) {
  left_behind(1);
  Recovery other(log_, changes_, settler_, clock_, random_, logger_, settings_);
  start();
  spawn(other.run());
  pass_time(5min);
  EXPECT_EQ(settler_.count(1), 1U);
  EXPECT_EQ(counters().claimed + other.counters().claimed, 1U);
  scope_.request_stop();
  run_ready(context_);
}

TEST_F(RecoveryTest, an_unknown_outcome_of_a_claim_is_not_acted_upon) {
  left_behind(1);
  int unknown = 1;
  log_.claim_fault = [&]() -> std::optional<Mutation> {
    if (unknown-- <= 0) return std::nullopt;
    // Applied, and the reply lost.
    const auto stored = log_.entries.snapshot().at(key_of(1));
    const auto entry = scanned_entry(key_of(1), stored.time, stored.value);
    (void)run(log_.entries.claim(entry, now_ms()));
    return Mutation::unknown(Error(ErrorCode::deadline_exceeded, "injected"));
  };
  start();
  pass_time(settings_.stale_after + 1s);
  EXPECT_EQ(log_.claims, 1U);
  EXPECT_TRUE(settler_.settled.empty());
  pass_time(2 * settings_.stale_after);
  EXPECT_EQ(settler_.count(1), 1U) << "once it has stood still again";
}

TEST_F(RecoveryTest, a_log_that_refuses_writes_is_not_hammered) {
  left_behind(1);
  log_.entries.inject(key_of(2), "broken", now_ms() - 60'000);
  const auto refuse = [] { return Mutation::failed(Error(ErrorCode::out_of_space, "injected")); };
  log_.claim_fault = refuse;
  log_.quarantine_fault = refuse;
  start();
  pass_time(1h);
  EXPECT_LT(log_.scans.size(), 1000U);
  EXPECT_TRUE(settler_.settled.empty());
  log_.claim_fault = nullptr;
  log_.quarantine_fault = nullptr;
  pass_time(2min);
  EXPECT_EQ(settler_.count(1), 1U);
  EXPECT_EQ(quarantined().size(), 1U);
}

TEST_F(RecoveryTest, claimed_entries_beat_while_they_are_settled) {
  left_behind(1);
  Event gate;
  settler_.gate = &gate;
  start();
  spawn(changes_.run_heartbeats());
  pass_time(settings_.stale_after + 3s);
  ASSERT_EQ(settler_.running, 1U);
  const auto claimed = log_.entries.snapshot().at(key_of(1)).time;
  pass_time(60s);
  EXPECT_GT(log_.entries.snapshot().at(key_of(1)).time, claimed + 40'000);
  gate.set();
  run_ready(context_);
  EXPECT_FALSE(in_log(1));
}

TEST_F(RecoveryTest, entries_in_the_drafts_form_are_settled_and_gone) {
  const auto key = std::string(changelog_prefix) + uuid_of(1).str();
  const LogEntry entry{change_of(1), false};
  log_.entries.inject(key, encode_entry(entry), now_ms() - 60'000);
  start();
  pass_time(10min);
  EXPECT_EQ(settler_.count(1), 1U);
  EXPECT_TRUE(log_.entries.snapshot().empty()) << "nothing of it is left";
}

TEST_F(RecoveryTest, broken_entries_go_into_quarantine_at_first_sight) {
  log_.entries.inject(key_of(1), "broken", now_ms() - 60'000);
  start();
  EXPECT_FALSE(in_log(1));
  const auto aside = quarantined();
  ASSERT_EQ(aside.size(), 1U);
  EXPECT_EQ(aside[0].value, "broken");
  EXPECT_NE(aside[0].reason.find("not a JSON object"), std::string::npos);
  EXPECT_EQ(counters().quarantined, 1U);
  EXPECT_EQ(logger_.count("put into quarantine"), 1U);
}

TEST_F(RecoveryTest, a_hundred_poisoned_entries_delay_a_good_one_by_one_scan) {
  settings_.scan_limit = 100;
  for (int number = 100; number < 200; ++number) {
    log_.entries.inject(shard_start(0xff) + std::to_string(number), "broken", now_ms() - 60'000);
  }
  left_behind(0xff);
  ASSERT_LT(shard_start(0xff) + "199", "~changelog/ff/2") << "ahead of it";
  start();
  EXPECT_EQ(quarantined().size(), 100U);
  EXPECT_EQ(counters().scans, 2U) << "the second, at once, sees the good one";
  pass_time(settings_.stale_after + settings_.stale_after / 10);
  EXPECT_EQ(settler_.count(0xff), 1U);
}

TEST_F(RecoveryTest, unknown_versions_stay_and_block_nothing) {
  settings_.scan_limit = 10;
  for (std::uint64_t number = 100; number < 150; ++number) {
    log_.entries.inject(key_of(number), R"({"version":2})", now_ms() - 60'000);
  }
  left_behind(1);
  left_behind(0xff);
  start();
  pass_time(10min);
  EXPECT_EQ(settler_.settled.size(), 2U);
  EXPECT_EQ(log_.entries.snapshot().size(), 50U);
  EXPECT_TRUE(quarantined().empty());
}

TEST_F(RecoveryTest, an_entry_that_can_not_be_settled_goes_into_quarantine_after_its_budget) {
  left_behind(1);
  left_behind(2);
  settler_.fault = [](const Change& change) -> std::optional<Error> {
    if (change.id == uuid_of(2)) return std::nullopt;
    return Error(ErrorCode::corrupt, "the row is corrupt");
  };
  start();
  pass_time(1h);
  EXPECT_EQ(settler_.count(1), static_cast<std::size_t>(settings_.settle_attempts));
  EXPECT_EQ(counters().failed, static_cast<std::uint64_t>(settings_.settle_attempts));
  EXPECT_FALSE(in_log(1));
  const auto aside = quarantined();
  ASSERT_EQ(aside.size(), 1U);
  EXPECT_EQ(aside[0].key, quarantine_key(key_of(1)));
  EXPECT_NE(aside[0].reason.find("the row is corrupt"), std::string::npos);
  EXPECT_EQ(settler_.count(2), 1U) << "the other was not delayed";
}

// Released from quarantine it would be due at once, before the late upload that it waits for.
TEST_F(RecoveryTest, an_entry_that_others_keep_for_later_is_not_put_aside) {
  left_behind(1);
  const auto due = now_ms() + 24 * 3'600'000;
  settler_.fault = [&](const Change&) -> std::optional<Error> {
    record(1, due, true);
    return Error(ErrorCode::corrupt, "the row is corrupt");
  };
  settings_.settle_attempts = 1;
  start();
  pass_time(5min);
  EXPECT_EQ(counters().failed, 1U);
  EXPECT_TRUE(quarantined().empty());
  EXPECT_EQ(log_.entries.snapshot().at(key_of(1)).time, due);
}

TEST_F(RecoveryTest, unavailability_spends_no_budget) {
  left_behind(1);
  auto code = ErrorCode::unavailable;
  settler_.fault = [&](const Change&) { return Error(code, "injected"); };
  start();
  for (const auto next : {ErrorCode::unavailable, ErrorCode::deadline_exceeded,
                          ErrorCode::cancelled, ErrorCode::out_of_space}) {
    code = next;
    pass_time(10min);
  }
  EXPECT_GT(settler_.count(1), 40U);
  EXPECT_TRUE(in_log(1));
  EXPECT_TRUE(quarantined().empty());
}

TEST_F(RecoveryTest, a_settle_that_works_restores_the_budget) {
  left_behind(1);
  int failures = settings_.settle_attempts - 1;
  settler_.fault = [&](const Change&) -> std::optional<Error> {
    if (failures-- > 0) return Error(ErrorCode::io, "injected");
    return std::nullopt;
  };
  start();
  pass_time(1h);
  EXPECT_FALSE(in_log(1));
  EXPECT_TRUE(quarantined().empty());
}

TEST_F(RecoveryTest, the_quarantine_is_tried_again_daily) {
  left_behind(1);
  settler_.fault = [](const Change&) { return Error(ErrorCode::corrupt, "injected"); };
  start();
  pass_time(1h);
  ASSERT_EQ(quarantined().size(), 1U);
  const auto tried = settler_.count(1);
  pass_time(22h);
  EXPECT_EQ(settler_.count(1), tried);
  settler_.fault = nullptr;
  pass_time(3h);
  EXPECT_EQ(settler_.count(1), tried + 1);
  EXPECT_TRUE(quarantined().empty());
  EXPECT_FALSE(in_log(1));
}

TEST_F(RecoveryTest, errors_of_scans_back_off_and_recover) {
  std::vector<MonotonicTime> times;
  bool failing = true;
  log_.scan_fault = [&]() -> std::optional<Error> {
    times.push_back(clock_.monotonic_now());
    if (!failing) return std::nullopt;
    return Error(ErrorCode::unavailable, "injected");
  };
  start();
  pass_time(1h);
  ASSERT_GT(times.size(), 20U);
  // times[0] is the count at start.
  const auto gap = [&](std::size_t index) { return times[index + 1] - times[index]; };
  EXPECT_GE(gap(1), 50ms);
  EXPECT_LE(gap(1), 100ms);
  Duration longest{};
  for (std::size_t i = 1; i + 1 < times.size(); ++i) {
    longest = std::max<Duration>(longest, gap(i));
    EXPECT_TRUE(i <= 20 || gap(i) >= 15s) << i;
  }
  EXPECT_LE(longest, 30s);
  EXPECT_GT(longest, 20s);

  left_behind(1);
  failing = false;
  pass_time(30s + 40s);
  EXPECT_EQ(settler_.count(1), 1U);
}

TEST_F(RecoveryTest, a_scan_that_fails_half_way_settles_nothing_of_it) {
  left_behind(0);     // the first shard
  left_behind(0xff);  // the last one
  start();
  pass_time(settings_.stale_after - 1s);
  // The scan goes from a random shard to the end, then from the start: the second part fails.
  bool failing = true;
  log_.scan_fault = [&]() -> std::optional<Error> {
    const bool second_part = log_.scans.back().from == changelog_prefix;
    if (!failing || !second_part) return std::nullopt;
    return Error(ErrorCode::unavailable, "injected");
  };
  pass_time(10min);
  EXPECT_TRUE(settler_.settled.empty()) << "a partial scan permits nothing";
  EXPECT_EQ(log_.claims, 0U);
  failing = false;
  pass_time(1min);
  EXPECT_EQ(settler_.settled.size(), 2U);
}

TEST_F(RecoveryTest, scans_begin_at_random_shards_and_wrap) {
  start();
  pass_time(10min);
  std::map<std::string, int> starts;
  for (std::size_t i = 1; i + 1 < log_.scans.size(); i += 2) {
    ++starts[log_.scans[i].from];
    EXPECT_EQ(log_.scans[i].to, shard_start(changelog_shards));
    EXPECT_EQ(log_.scans[i + 1].from, changelog_prefix);
    EXPECT_EQ(log_.scans[i + 1].to, log_.scans[i].from);
  }
  EXPECT_GT(starts.size(), 20U);
}

TEST_F(RecoveryTest, a_bounded_number_is_settled_side_by_side) {
  settings_.recovery_concurrency = 16;
  for (std::uint64_t number = 0; number < 60; ++number)
    left_behind(number);
  Event gate;
  settler_.gate = &gate;
  start();
  pass_time(settings_.stale_after + 3s);
  EXPECT_EQ(settler_.running, settings_.recovery_concurrency);
  EXPECT_EQ(log_.claims, settings_.recovery_concurrency) << "claimed when their turn comes";
  gate.set();
  run_ready(context_);
  EXPECT_EQ(settler_.settled.size(), 60U);
  EXPECT_EQ(settler_.most_running, settings_.recovery_concurrency);
}

TEST_F(RecoveryTest, more_stale_entries_than_a_scan_holds_are_all_settled) {
  settings_.scan_limit = 10;
  for (std::uint64_t number = 0; number < 95; ++number)
    left_behind(number);
  start();
  pass_time(2min);
  EXPECT_EQ(settler_.settled.size(), 95U);
  EXPECT_TRUE(log_.entries.snapshot().empty());
}

TEST_F(RecoveryTest, hurry_ends_settles_that_wait_and_leaves_their_entries) {
  left_behind(1);
  settler_.until_stopped = true;
  start();
  pass_time(settings_.stale_after + 3s);
  ASSERT_EQ(settler_.running, 1U);
  scope_.request_stop();
  run_ready(context_);
  EXPECT_EQ(scope_.running(), 1U) << "settles under way are finished first";
  recovery_->hurry();
  run_ready(context_);
  EXPECT_EQ(settler_.running, 0U);
  EXPECT_EQ(scope_.running(), 0U);
  EXPECT_TRUE(in_log(1));
  EXPECT_EQ(changes_.size(), 0U);
}

TEST_F(RecoveryTest, a_stop_ends_the_pause_between_scans) {
  start();
  pass_time(1s);
  EXPECT_EQ(clock_.sleepers(), 1U);
  scope_.request_stop();
  run_ready(context_);
  EXPECT_EQ(scope_.running(), 0U);
  EXPECT_EQ(clock_.sleepers(), 0U);
}

}  // namespace
}  // namespace objectstore::testing
