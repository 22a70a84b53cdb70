// How a scrub runs: what fails, where it resumes, what it takes up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "maintenance/test_support.h"
#include "runtime/task_scope.h"

namespace objectstore::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RunsTest : public ScrubTest {
 protected:
  // Three of each finding that is a matter of pages.
  void make_findings() {
    for (const std::string number : {"1", "2", "3"}) {
      ASSERT_TRUE(put("dangling" + number, large).ok());
      drop_blob(target("dangling" + number));
      add_blob("orphan" + number, 7);
      add_entry("stale" + number, std::nullopt, std::nullopt, std::chrono::hours(5));
      put_aside(entry_key(add_entry("aside" + number, std::nullopt, std::nullopt).change.id));
    }
  }
  static constexpr std::size_t made = 12;

  void spawn_into(TaskScope& scope) {
    scope.spawn(context_.get_executor(), detail::store_result(scrubbing(), &result_));
  }
  std::optional<ScrubReport> result_;
};

TEST_F(RunsTest, requests_that_fail_a_few_times_are_tried_again) {
  ASSERT_NO_FATAL_FAILURE(make_findings());
  const auto expected = findings();
  ASSERT_THAT(expected, SizeIs(made));
  row_lister_.list_fault = fails_from(1, 3);
  row_lister_.inspect_fault = fails_from(2, 4);
  blob_lister_.fault = fails_from(1, 4, ErrorCode::io);
  hooked_log_.scan_fault = fails_from(1, 2);
  hooked_log_.quarantined_fault = fails_from(2, 3);
  blob_store_.on_open = [fault = fails_from(2, 3)](const Revision&) mutable { return fault(); };
  EXPECT_EQ(findings(), expected);
  EXPECT_EQ(report_.outcome, Outcome::findings);
}

TEST_F(RunsTest, a_store_that_goes_on_failing_ends_the_run_and_nothing_is_deleted) {
  struct Case {
    const char* name;
    const char* resume;
    std::function<void(Fault)> set;
  };
  const Case cases[] = {
      {"log", "1:log:", [&](Fault fault) { hooked_log_.scan_fault = std::move(fault); }},
      {"quarantine",
       "1:quarantine:", [&](Fault fault) { hooked_log_.quarantined_fault = std::move(fault); }},
      {"rows", "1:rows:", [&](Fault fault) { row_lister_.list_fault = std::move(fault); }},
      {"row", "1:rows:", [&](Fault fault) { row_lister_.inspect_fault = std::move(fault); }},
      {"blobs", "1:blobs:", [&](Fault fault) { blob_lister_.fault = std::move(fault); }},
      {"blob", "1:rows:",
       [&](Fault fault) {
         blob_store_.on_open = [fault = std::move(fault)](const Revision&) mutable {
           return fault ? fault() : std::nullopt;
         };
       }},
  };
  ASSERT_NO_FATAL_FAILURE(make_findings());
  options_.repair = true;
  const auto before = blobs_.blobs();
  for (const auto& [name, resume, set] : cases) {
    set(fails_from(1, always));
    findings();
    EXPECT_EQ(report_.outcome, Outcome::incomplete) << name;
    EXPECT_EQ(report_.resume, resume) << name;
    EXPECT_EQ(report_.problem, "injected") << name;
    EXPECT_EQ(blobs_.blobs(), before) << name;
    set(Fault());
  }
}

TEST_F(RunsTest, a_look_into_the_log_that_breaks_off_deletes_nothing) {
  for (std::uint64_t number = 0; number < 10; ++number) {
    add_blob("orphan", number);
    add_entry("open", std::nullopt, std::nullopt);
  }
  options_.repair = true;
  options_.page = 3;
  findings();
  const auto pages = hooked_log_.scans;
  // The walk over the log takes as many pages as each look for names of blobs.
  EXPECT_EQ(pages, 4U + 4 * 4U);
  EXPECT_EQ(report_.repaired, 10U);
  for (std::uint64_t number = 0; number < 10; ++number)
    add_blob("orphan", number);
  const auto before = blobs_.blobs();
  for (const int broken : {5, 6, 7, 8}) {
    hooked_log_.scan_fault = fails_from(broken, always);
    findings();
    EXPECT_EQ(report_.outcome, Outcome::incomplete);
    EXPECT_EQ(report_.resume, "1:blobs:") << broken;
    EXPECT_EQ(blobs_.blobs(), before) << broken;
  }
  hooked_log_.scan_fault = nullptr;
  hooked_log_.quarantined_fault = fails_from(3, always);
  findings();
  EXPECT_EQ(report_.outcome, Outcome::incomplete);
  EXPECT_EQ(blobs_.blobs(), before);
}

TEST_F(RunsTest, a_listing_that_breaks_off_is_resumed_where_it_did) {
  ASSERT_NO_FATAL_FAILURE(make_findings());
  const auto expected = findings();
  options_.page = 1;
  // Whatever fails first, and at whichever page: together, the runs tell everything once.
  for (int broken = 1; broken < 8; ++broken) {
    row_lister_.list_fault = fails_from(broken, 5);
    blob_lister_.fault = fails_from(broken, 5);
    hooked_log_.scan_fault = fails_from(2 * broken, 5);
    options_.resume.clear();
    Texts all;
    int runs = 0;
    do {
      const auto some = findings();
      all.insert(all.end(), some.begin(), some.end());
      options_.resume = report_.resume;
    } while (report_.outcome == Outcome::incomplete && ++runs < 10);
    ASSERT_LT(runs, 10);
    EXPECT_GE(runs, 1) << broken;
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    EXPECT_EQ(all, expected) << broken;
  }
}

TEST_F(RunsTest, a_position_it_did_not_write_is_refused) {
  add_blob("a", 7);
  options_.repair = true;
  options_.resume = "9:rows:";
  EXPECT_THAT(findings(), IsEmpty());
  EXPECT_EQ(report_.outcome, Outcome::incomplete);
  EXPECT_EQ(report_.resume, "");
  EXPECT_THAT(report_.problem, HasSubstr("can't resume from \"9:rows:\""));
  EXPECT_THAT(told_.steps, IsEmpty());
}

TEST_F(RunsTest, a_stopped_run_resumes_after_the_pages_it_finished) {
  ASSERT_NO_FATAL_FAILURE(make_findings());
  const auto expected = findings();
  options_.page = 1;
  Texts all;
  int runs = 0;
  do {
    TaskScope scope;
    told_.findings.clear();
    told_.on_progress = [&scope] { scope.request_stop(); };
    spawn_into(scope);
    run_ready(context_);
    ASSERT_EQ(scope.running(), 0U);
    for (const auto& text : told_.texts())
      all.push_back(text);
    options_.resume = result_->resume;
    if (result_->outcome == Outcome::incomplete) {
      ASSERT_EQ(result_->problem, "the scrub was asked to stop");
    }
  } while (result_->outcome == Outcome::incomplete && ++runs < 100);
  EXPECT_GT(runs, 10);
  EXPECT_LT(runs, 100);
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, expected) << "each once";
}

TEST_F(RunsTest, a_deep_run_stops_in_the_middle_of_a_payload) {
  ASSERT_TRUE(put("a", large).ok());
  options_.deep = true;
  options_.bytes_per_second = 1000;
  TaskScope scope;
  spawn_into(scope);
  run_ready(context_);
  ASSERT_EQ(clock_.sleepers(), 1U);
  scope.request_stop();
  run_ready(context_);
  EXPECT_EQ(scope.running(), 0U);
  EXPECT_EQ(result_->outcome, Outcome::incomplete);
  EXPECT_EQ(result_->resume, "1:rows:");
}

TEST_F(RunsTest, deep_reads_keep_to_the_bandwidth) {
  for (const std::string number : {"1", "2", "3", "4"}) {
    ASSERT_TRUE(put("large" + number, large).ok());
    ASSERT_TRUE(put("small" + number, std::string(100'000, 's')).ok());
  }
  options_.deep = true;
  const auto begun = clock_.monotonic_now();
  EXPECT_THAT(findings(), IsEmpty());
  EXPECT_EQ(clock_.monotonic_now(), begun) << "no limit";

  options_.bytes_per_second = 1'000'000;
  EXPECT_THAT(findings(), IsEmpty());
  const auto bytes = 4 * (large.size() + 100'000);
  EXPECT_EQ(report_.totals.bytes_verified, bytes);
  const auto taken = clock_.monotonic_now() - begun;
  const auto least = std::chrono::microseconds(bytes);
  EXPECT_GE(taken, least);
  EXPECT_LE(taken, least + std::chrono::milliseconds(1));
}

TEST_F(RunsTest, shallow_runs_read_no_payload) {
  ASSERT_TRUE(put("large", large).ok());
  ASSERT_TRUE(put("small", "small").ok());
  rows_.requests.clear();
  std::size_t pieces = 0;
  blob_store_.on_piece = [&](std::size_t) -> std::optional<Error> {
    ++pieces;
    return std::nullopt;
  };
  options_.bytes_per_second = 1;
  EXPECT_THAT(findings(), IsEmpty());
  EXPECT_EQ(pieces, 0U);
  EXPECT_THAT(rows_.requests, IsEmpty());
  EXPECT_EQ(report_.totals.bytes_verified, 0U);
}

TEST_F(RunsTest, memory_is_bounded_by_pages_however_much_there_is) {
  constexpr std::size_t many = 1000;
  for (std::size_t number = 0; number < many; ++number) {
    const auto key = "k" + std::to_string(number);
    const auto state = inline_state("payload");
    ASSERT_TRUE(
        run(memory_rows_.write_unless_redirect(path(key), state, stamp_of(1))).is_applied());
    add_blob(key, number);
    add_entry(key, std::nullopt, std::nullopt);
  }
  options_.page = 10;
  options_.repair = true;
  EXPECT_THAT(findings(), SizeIs(many));
  EXPECT_EQ(report_.repaired, many);
  EXPECT_EQ(row_lister_.pages, many / 10);
  EXPECT_EQ(blob_lister_.pages, many / 10);
  EXPECT_LE(row_lister_.largest_page, 10U);
  EXPECT_LE(blob_lister_.largest_page, 10U);
  EXPECT_LE(hooked_log_.largest_page, 10U);
  // One walk over the log a page of suspects, not one a suspect.
  EXPECT_LE(hooked_log_.scans, (many / 10 + 1) * (many / 10 + 1));
}

TEST_F(RunsTest, a_page_of_nothing_is_taken_as_one) {
  options_.page = 0;
  ASSERT_NO_FATAL_FAILURE(make_findings());
  EXPECT_THAT(findings(), SizeIs(made));
}

TEST_F(RunsTest, progress_is_told_after_each_page_with_its_phase) {
  ASSERT_TRUE(put("a", "small").ok());
  ASSERT_TRUE(put("b", "small").ok());
  add_blob("c", 7);
  options_.page = 1;
  findings();
  Texts phases;
  std::uint64_t rows = 0;
  for (const auto& step : told_.steps) {
    phases.emplace_back(step.phase);
    EXPECT_GE(step.rows, rows);
    rows = step.rows;
  }
  EXPECT_THAT(phases, ElementsAre("change log", "change log", "rows", "rows", "blobs"));
  EXPECT_EQ(told_.steps.back().rows, 2U);
  EXPECT_EQ(told_.steps.back().blobs, 1U);
  EXPECT_EQ(told_.steps.back().findings, 1U);
}

}  // namespace
}  // namespace objectstore::testing
