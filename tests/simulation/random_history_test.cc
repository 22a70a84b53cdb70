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
  const auto once = run_random_history(42);
  const auto again = run_random_history(42);
  EXPECT_GT(once.trace.size(), 100U);
  EXPECT_EQ(once.trace, again.trace);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t default_count = 40;  // unoptimised and instrumented: some 40 times slower
#else
constexpr std::uint64_t default_count = 4000;
#endif

// Fresh seeds each time; OBJECTSTORE_SIM_SEED and OBJECTSTORE_SIM_COUNT choose others and more.
TEST(RandomHistoryTest, holds_the_invariants) {
  const auto first = from_environment("OBJECTSTORE_SIM_SEED", std::random_device{}());
  const auto count = from_environment("OBJECTSTORE_SIM_COUNT", default_count);
  std::cout << "seeds " << first << " to " << first + count - 1 << '\n';
  SimCounters sum;
  std::size_t kills = 0;
  std::size_t freezes = 0;
  for (auto seed = first; seed < first + count; ++seed) {
    const auto result = run_random_history(seed);
    ASSERT_EQ(result.violation, std::nullopt) << "replay it with: objectstore-sim --seed " << seed;
    ASSERT_GE(result.mutations, 30U);
    sum.commits_refused += result.counters.commits_refused;
    sum.commits_unknown += result.counters.commits_unknown;
    sum.fences_found_open += result.counters.fences_found_open;
    sum.claims_lost += result.counters.claims_lost;
    sum.late_applications += result.counters.late_applications;
    kills += result.kills;
    freezes += result.freezes;
  }
  std::cout << "commits refused " << sum.commits_refused << ", unknown " << sum.commits_unknown
            << "; fences that found open " << sum.fences_found_open << "; claims lost "
            << sum.claims_lost << "; applied late " << sum.late_applications << "; kills " << kills
            << "; freezes " << freezes << '\n';
  if (count < 4000) return;
  // Or the histories did not put anything to the test.
  EXPECT_GE(sum.commits_refused, 100U);
  EXPECT_GE(sum.commits_unknown, 100U);
  EXPECT_GE(sum.fences_found_open, 100U);
  EXPECT_GE(sum.claims_lost, 100U);
}

TEST(RandomHistoryTest, finds_the_fault_of_the_draft_design) {
  constexpr std::uint64_t enough = 2000;
  for (std::uint64_t seed = 1; seed <= enough; ++seed) {
    if (run_random_history(seed, CommitRules::draft).violation) return;
  }
  FAIL() << "the draft design passed " << enough << " histories";
}

}  // namespace
}  // namespace objectstore::testing
