// Faults at every store call, one by one and in pairs. Enumerated, not sampled.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <iostream>

#include "simulation/crash_points.h"

namespace objectstore::testing {
namespace {

constexpr auto absent = Content::absent;
constexpr auto small = Content::small;
constexpr auto large = Content::large;
constexpr auto prevented = LateUploads::prevented;
constexpr auto possible = LateUploads::possible;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool reduced = true;  // unoptimised and instrumented: some 40 times slower
#else
constexpr bool reduced = false;
#endif

// OBJECTSTORE_CRASH_POINTS=all: pairs for all scenarios, some twenty minutes.
bool all_pairs() {
  const char* text = std::getenv("OBJECTSTORE_CRASH_POINTS");
  return text != nullptr && std::string(text) == "all";
}

CrashScenario scenario_of(Content before, Action action, LateUploads late_uploads) {
  CrashScenario scenario;
  scenario.before = before;
  scenario.action = action;
  scenario.late_uploads = late_uploads;
  return scenario;
}

// The operation, and every recovery that a kill in it leaves to others.
std::vector<CrashScenario> with_recoveries(const CrashScenario& scenario) {
  std::vector<CrashScenario> scenarios = {scenario};
  for (auto& crashed : crashes_of(scenario))
    scenarios.push_back(std::move(crashed));
  return scenarios;
}

class Report {
 public:
  void add(const CrashTally& tally) {
    total_ += tally;
    ++scenarios_;
  }
  [[nodiscard]] const CrashTally& total() const { return total_; }
  ~Report() {
    using Seconds = std::chrono::duration<double>;
    const Seconds took = std::chrono::steady_clock::now() - started_;
    std::cout << scenarios_ << " scenarios, " << total_.calls << " calls: " << total_.singles
              << " single faults, " << total_.pairs << " pairs, " << total_.violations
              << " violations, in " << took.count() << " s\n";
  }

 private:
  CrashTally total_;
  std::size_t scenarios_ = 0;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

void expect_sound(const CrashTally& tally) {
  EXPECT_EQ(tally.violations, 0U) << tally.first_violation;
  EXPECT_EQ(tally.missed, 0U) << "faults that were planned and did not happen";
}

// --- single faults -------------------------------------------------------------------------------

class SingleFaults : public ::testing::TestWithParam<Action> {
 protected:
  static std::vector<CrashScenario> scenarios() {
    std::vector<CrashScenario> all;
    for (const auto before : {absent, small, large}) {
      for (const auto late_uploads : {prevented, possible}) {
        if (reduced && (before != large || late_uploads == possible)) continue;
        auto more = with_recoveries(scenario_of(before, GetParam(), late_uploads));
        all.insert(all.end(), more.begin(), more.end());
      }
    }
    return all;
  }
};

TEST_P(SingleFaults, lose_nothing_and_leave_nothing) {
  Report report;
  for (const auto& scenario : scenarios())
    report.add(enumerate_singles(scenario));
  expect_sound(report.total());
  EXPECT_GT(report.total().singles, 0U);
}

// Another client writes the object as soon as the fault has struck.
TEST_P(SingleFaults, lose_nothing_beside_other_writers) {
  if (reduced) GTEST_SKIP() << "instrumented";
  if (GetParam() == Action::put_unheard) GTEST_SKIP() << "as put_large, and checks less";
  Report report;
  for (auto scenario : scenarios()) {
    for (const auto meanwhile : {absent, small, large}) {
      scenario.meanwhile = meanwhile;
      report.add(enumerate_singles(scenario));
    }
  }
  expect_sound(report.total());
}

std::string name_of(Action action) {
  auto name = to_string(action);
  for (auto& c : name)
    c = c == ' ' ? '_' : c;
  return name;
}

INSTANTIATE_TEST_SUITE_P(CrashPoints, SingleFaults,
                         ::testing::Values(Action::get, Action::head, Action::bump,
                                           Action::put_small, Action::put_large,
                                           Action::put_cut_off, Action::put_unheard,
                                           Action::put_slow, Action::remove, Action::sweep),
                         [](const auto& test) { return name_of(test.param); });

TEST(CrashPoints, single_faults_in_the_quarantine_lose_nothing) {
  if (reduced) GTEST_SKIP() << "instrumented";
  Report report;
  auto scenario = scenario_of(large, Action::remove, prevented);
  scenario.crashed_at = CrashedAt{4, true};  // the commit
  scenario.undeletable = true;
  report.add(enumerate_singles(scenario));
  expect_sound(report.total());
}

// --- pairs ---------------------------------------------------------------------------------------

// Which scenarios have their pairs run, unless all are asked for. The others, which go the same
// ways, have single faults only: large puts over a small object (as over an absent one) and unheard
// ones (as those that are heard); of recoveries, those that only differ in what they don't touch.
enum class Recoveries : std::uint8_t { none, first, last, every };
struct PairCase {
  const char* name;
  Content before;
  Action action;
  LateUploads late_uploads;
  bool operation;         // the pairs of the operation itself
  Recoveries recoveries;  // and of those recoveries that a kill in it leaves
};

void PrintTo(const PairCase& pairs, std::ostream* out) {
  *out << pairs.name;
}

constexpr PairCase pair_cases[] = {
    {"get", large, Action::get, prevented, true, Recoveries::none},
    {"head", large, Action::head, prevented, true, Recoveries::none},
    {"bump_inline", small, Action::bump, prevented, true, Recoveries::none},
    {"bump_redirect", large, Action::bump, prevented, true, Recoveries::none},
    {"put_small_over_absent", absent, Action::put_small, prevented, true, Recoveries::none},
    {"put_small_over_small", small, Action::put_small, prevented, true, Recoveries::none},
    {"put_small_over_large", large, Action::put_small, prevented, true, Recoveries::none},
    {"remove_over_absent", absent, Action::remove, prevented, true, Recoveries::none},
    {"remove_over_small", small, Action::remove, prevented, true, Recoveries::none},
    {"remove_over_large", large, Action::remove, prevented, true, Recoveries::every},
    {"put_large_over_absent", absent, Action::put_large, prevented, true, Recoveries::none},
    {"put_large_over_large", large, Action::put_large, prevented, true, Recoveries::every},
    {"put_large_over_large_late", large, Action::put_large, possible, true, Recoveries::none},
    {"put_large_over_absent_late", absent, Action::put_large, possible, false, Recoveries::first},
    {"put_cut_off_over_absent_late", absent, Action::put_cut_off, possible, true, Recoveries::none},
    {"put_cut_off_over_large", large, Action::put_cut_off, prevented, true, Recoveries::last},
    {"put_slow_over_large", large, Action::put_slow, prevented, true, Recoveries::none},
    {"sweep_over_small", small, Action::sweep, prevented, true, Recoveries::none},
    {"sweep_over_large", large, Action::sweep, prevented, true, Recoveries::none},
};

class PairsOfFaults : public ::testing::TestWithParam<PairCase> {};

TEST_P(PairsOfFaults, lose_nothing_and_leave_nothing) {
  if (reduced) GTEST_SKIP() << "instrumented";
  const auto& chosen = GetParam();
  const auto scenario = scenario_of(chosen.before, chosen.action, chosen.late_uploads);
  std::vector<CrashScenario> scenarios;
  if (chosen.operation) scenarios.push_back(scenario);
  if (chosen.recoveries != Recoveries::none) {
    const auto crashes = crashes_of(scenario);
    ASSERT_FALSE(crashes.empty());
    if (chosen.recoveries == Recoveries::first) scenarios.push_back(crashes.front());
    if (chosen.recoveries == Recoveries::last) scenarios.push_back(crashes.back());
    if (chosen.recoveries == Recoveries::every) {
      scenarios.insert(scenarios.end(), crashes.begin(), crashes.end());
    }
  }
  Report report;
  for (const auto& each : scenarios) {
    std::cout << "  " << to_string(each) << '\n';
    report.add(enumerate_pairs(each));
  }
  expect_sound(report.total());
  EXPECT_GT(report.total().pairs, 0U);
}

INSTANTIATE_TEST_SUITE_P(CrashPoints, PairsOfFaults, ::testing::ValuesIn(pair_cases),
                         [](const auto& test) { return test.param.name; });

TEST(CrashPoints, pairs_of_all_scenarios) {
  if (!all_pairs()) {
    GTEST_SKIP() << "pairs of these scenarios only: see the names of PairsOfFaults; "
                    "OBJECTSTORE_CRASH_POINTS=all runs all";
  }
  Report report;
  for (int action = 0; action <= static_cast<int>(Action::sweep); ++action) {
    for (const auto before : {absent, small, large}) {
      for (const auto late_uploads : {prevented, possible}) {
        for (const auto& scenario :
             with_recoveries(scenario_of(before, static_cast<Action>(action), late_uploads))) {
          const auto tally = enumerate_pairs(scenario);
          expect_sound(tally);
          report.add(tally);
          std::cout << "  " << to_string(scenario) << ": " << tally.pairs << std::endl;
        }
      }
    }
  }
}

// --- the enumeration can fail --------------------------------------------------------------------

TEST(CrashPoints, single_faults_find_what_the_draft_design_loses) {
  auto scenario = scenario_of(large, Action::put_large, prevented);
  scenario.rules = CommitRules::draft;
  EXPECT_EQ(run_crash_points(scenario, {}).violation, std::nullopt) << "undisturbed, it works";
  const auto tally = enumerate_singles(scenario);
  std::cout << tally.violations << " of " << tally.singles << " single faults\n";
  EXPECT_GT(tally.violations, 0U);
  EXPECT_NE(tally.first_violation.find("does not exist"), std::string::npos)
      << tally.first_violation;
}

// A store that calls a blob gone for good while its upload can still finish.
TEST(CrashPoints, single_faults_find_what_a_lying_discard_leaves) {
  auto scenario = scenario_of(large, Action::put_large, possible);
  scenario.discards_lie = true;
  EXPECT_EQ(run_crash_points(scenario, {}).violation, std::nullopt) << "undisturbed, it works";
  const auto tally = enumerate_singles(scenario);
  std::cout << tally.violations << " of " << tally.singles << " single faults\n";
  EXPECT_GT(tally.violations, 0U);
  EXPECT_NE(tally.first_violation.find("nobody points to blob"), std::string::npos)
      << tally.first_violation;
}

}  // namespace
}  // namespace objectstore::testing
