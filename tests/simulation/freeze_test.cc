// A server is frozen or killed at every request that an operation sends, while a second server
// recovers on the same stores. Enumerated, not sampled.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "simulation/scenario.h"

namespace objectstore::testing {
namespace {

using Moment = StopPoint::Moment;

std::string describe(const Scenario& scenario, const ScenarioResult& result) {
  std::ostringstream text;
  text << to_string(scenario.before) << " to " << to_string(scenario.after);
  if (scenario.stop) {
    text << ", stopped at request " << scenario.stop->request << " ("
         << result.requests[std::min(scenario.stop->request, result.requests.size() - 1)] << ") "
         << (scenario.stop->moment == Moment::sent ? "sent" : "applied");
  }
  if (scenario.meanwhile) text << ", meanwhile " << to_string(*scenario.meanwhile);
  for (const auto& line : result.trace)
    text << "\n    " << line;
  return text.str();
}

struct Tally {
  std::size_t runs = 0;
  std::size_t recovered = 0;
  std::size_t violations = 0;
  std::string first_violation;
};

// Runs the operation once undisturbed to learn its requests, then once for every stop.
void enumerate(Scenario scenario, Tally& tally) {
  scenario.stop.reset();
  const auto undisturbed = run_scenario(scenario);
  ASSERT_EQ(undisturbed.violation, std::nullopt) << describe(scenario, undisturbed);
  ASSERT_FALSE(undisturbed.requests.empty());
  for (std::size_t request = 0; request < undisturbed.requests.size(); ++request) {
    for (const auto moment : {Moment::sent, Moment::applied}) {
      scenario.stop = StopPoint{request, moment};
      const auto result = run_scenario(scenario);
      ++tally.runs;
      if (result.recovered) ++tally.recovered;
      if (!result.violation) continue;
      if (tally.violations++ == 0) {
        tally.first_violation = *result.violation + "\n  " + describe(scenario, result);
      }
    }
  }
}

Tally enumerate_all(Interruption interruption, CommitRules rules, LateUploads late_uploads) {
  constexpr Content contents[] = {Content::absent, Content::small, Content::large};
  Tally tally;
  for (const auto before : contents) {
    for (const auto after : contents) {
      for (const std::optional<Content> meanwhile :
           {std::optional<Content>(), std::optional(Content::absent), std::optional(Content::small),
            std::optional(Content::large)}) {
        Scenario scenario;
        scenario.before = before;
        scenario.after = after;
        scenario.meanwhile = meanwhile;
        scenario.interruption = interruption;
        scenario.rules = rules;
        scenario.late_uploads = late_uploads;
        enumerate(scenario, tally);
        if (::testing::Test::HasFatalFailure()) return tally;
      }
    }
  }
  return tally;
}

class EveryStop : public ::testing::TestWithParam<std::tuple<Interruption, LateUploads>> {};

TEST_P(EveryStop, loses_nothing_and_leaves_nothing) {
  const auto [interruption, late_uploads] = GetParam();
  const auto tally = enumerate_all(interruption, CommitRules::protocol, late_uploads);
  std::cout << tally.runs << " stops, recovery fenced an open attempt in " << tally.recovered
            << '\n';
  EXPECT_EQ(tally.violations, 0U) << tally.first_violation;
  EXPECT_GT(tally.runs, 250U);
  EXPECT_GE(tally.recovered, 16U);  // or nothing was put to the test
}

std::string stop_name(const ::testing::TestParamInfo<EveryStop::ParamType>& test) {
  const auto [interruption, late_uploads] = test.param;
  return std::string(interruption == Interruption::freeze ? "freeze" : "kill") +
         (late_uploads == LateUploads::possible               ? "_late_uploads"
          : late_uploads == LateUploads::prevented_by_address ? "_uploads_with_addresses"
                                                              : "");
}

INSTANTIATE_TEST_SUITE_P(
    Freeze, EveryStop,
    ::testing::Combine(::testing::Values(Interruption::freeze, Interruption::kill),
                       ::testing::Values(LateUploads::prevented, LateUploads::possible,
                                         LateUploads::prevented_by_address)),
    stop_name);

TEST(FreezeTest, shows_that_the_draft_design_loses_data) {
  const auto tally =
      enumerate_all(Interruption::freeze, CommitRules::draft, LateUploads::prevented);
  EXPECT_GT(tally.violations, 0U);
  EXPECT_EQ(tally.first_violation.find("I5"), 0U) << tally.first_violation;
}

TEST(FreezeTest, sends_the_requests_the_protocol_lists) {
  Scenario scenario;
  scenario.before = Content::large;
  scenario.after = Content::large;
  // Read, intent, entry, end of the upload, commit; then behind the client's back: the old blob and
  // the entry.
  EXPECT_EQ(run_scenario(scenario).requests,
            (std::vector<std::string>{"read", "intent", "record", "finish", "commit", "discard",
                                      "remove"}));
  // Where uploads have addresses, one is opened behind the entry and recorded before its end.
  scenario.late_uploads = LateUploads::prevented_by_address;
  EXPECT_EQ(run_scenario(scenario).requests,
            (std::vector<std::string>{"read", "intent", "record", "begin", "record", "finish",
                                      "commit", "discard", "remove"}));
  scenario.late_uploads = LateUploads::prevented;
  scenario.after = Content::small;
  EXPECT_EQ(run_scenario(scenario).requests,
            (std::vector<std::string>{"small", "read", "intent", "record", "commit", "discard",
                                      "remove"}));
  scenario.before = Content::small;
  EXPECT_EQ(run_scenario(scenario).requests, (std::vector<std::string>{"small"}));
  scenario.after = Content::absent;
  EXPECT_EQ(run_scenario(scenario).requests, (std::vector<std::string>{"small"}));
}

}  // namespace
}  // namespace objectstore::testing
