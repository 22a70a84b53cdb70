#include "simulation/random_history.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>

namespace objectstore::testing {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(RandomHistoryTest, is_replayed_by_its_seed) {
  for (std::uint64_t seed = 40; seed < 60; ++seed) {
    const auto once = run_random_history(seed);
    const auto again = run_random_history(seed);
    EXPECT_GT(once.trace.size(), 100U);
    EXPECT_EQ(once.trace, again.trace);
  }
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t default_count = 40;  // unoptimised and instrumented: some 40 times slower
#else
constexpr std::uint64_t default_count = 10'000;
#endif

// Fresh seeds each time; OBJECTSTORE_SIM_SEED and OBJECTSTORE_SIM_COUNT choose others and more.
TEST(RandomHistoryTest, holds_the_invariants) {
  const auto first = from_environment("OBJECTSTORE_SIM_SEED", std::random_device{}());
  const auto count = from_environment("OBJECTSTORE_SIM_COUNT", default_count);
  std::cout << "base seed " << first << ", " << count << " seeds\n";
  SimTally tally;
  for (auto seed = first; seed < first + count; ++seed) {
    const auto result = run_random_history(seed);
    ASSERT_EQ(result.violation, std::nullopt) << "replay it with: objectstore-sim --seed " << seed;
    ASSERT_GE(result.mutations, 30U);
    tally.add(result);
  }
  std::cout << tally.report();
  // Or the histories did not put anything to the test.
  const auto times = count / 100;
  for (const auto& state : SimCounters::names()) {
    EXPECT_GE(tally.counters.*state.value, times) << state.name;
  }
}

class BrokenRuleTest : public ::testing::TestWithParam<NamedRule> {};

// The same seeds each time, so that what is asserted does not hang on luck.
TEST_P(BrokenRuleTest, is_found_within_2000_seeds) {
  constexpr std::uint64_t enough = 2000;
  const auto first = from_environment("OBJECTSTORE_SIM_SEED", 1);
  for (std::uint64_t seed = first; seed < first + enough; ++seed) {
    const auto result = run_random_history(seed, GetParam().rule);
    if (!result.violation) continue;
    const auto& what = *result.violation;
    std::cout << seed - first + 1 << " seeds: " << what.substr(0, what.find('\n')) << '\n';
    return;
  }
  FAIL() << "without this rule " << enough << " histories from seed " << first << " passed";
}

INSTANTIATE_TEST_SUITE_P(EveryRule, BrokenRuleTest, ::testing::ValuesIn(all_rules()),
                         [](const ::testing::TestParamInfo<NamedRule>& test) {
                           return std::string(test.param.name);
                         });

}  // namespace
}  // namespace objectstore::testing
