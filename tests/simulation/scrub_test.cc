// Scrubs beside live servers: they tell nothing but the truth, and delete nothing that is needed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <set>

#include "simulation/scrub_history.h"

namespace objectstore::testing {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t default_count = 10;
#else
constexpr std::uint64_t default_count = 400;
#endif

// Fresh seeds each time; OBJECTSTORE_SIM_SEED and OBJECTSTORE_SIM_COUNT choose others and more.
class ScrubSimulation : public ::testing::Test {
 protected:
  const std::uint64_t first_ = from_environment("OBJECTSTORE_SIM_SEED", std::random_device{}());
  const std::uint64_t count_ = from_environment("OBJECTSTORE_SIM_COUNT", default_count);

  static std::string replay(std::uint64_t seed) {
    return "replay it with: OBJECTSTORE_SIM_COUNT=1 OBJECTSTORE_SIM_SEED=" + std::to_string(seed);
  }
  static std::string first_finding(const ScrubHistoryResult& result) {
    if (result.ledger.findings.empty()) return "none";
    const auto& finding = result.ledger.findings.front();
    return std::string(to_string(finding.kind)) + " " + finding.name + ": " + finding.detail;
  }
};

TEST_F(ScrubSimulation, is_replayed_by_its_seed) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto once = run_scrub_history(seed, Injected::orphans);
    const auto again = run_scrub_history(seed, Injected::orphans);
    EXPECT_GT(once.trace.size(), 100U);
    EXPECT_EQ(once.trace, again.trace);
  }
}

TEST_F(ScrubSimulation, raises_no_false_alarm_and_deletes_nothing) {
  ScrubLedger sum;
  for (auto seed = first_; seed < first_ + count_; ++seed) {
    const auto result = run_scrub_history(seed);
    ASSERT_EQ(result.violation, std::nullopt) << replay(seed);
    ASSERT_EQ(first_finding(result), "none") << replay(seed);
    sum.completed += result.ledger.completed;
    sum.incomplete += result.ledger.incomplete;
    sum.resumed += result.ledger.resumed;
  }
  std::cout << count_ << " histories, " << sum.completed << " scrubs completed, " << sum.incomplete
            << " incomplete, " << sum.resumed << " resumed\n";
  EXPECT_GE(sum.completed, 2 * count_);
  EXPECT_GE(sum.resumed, count_ / 10);
}

TEST_F(ScrubSimulation, finds_and_repairs_every_orphan_and_nothing_else) {
  std::uint64_t repaired = 0;
  for (auto seed = first_; seed < first_ + (count_ + 1) / 2; ++seed) {
    const auto result = run_scrub_history(seed, Injected::orphans);
    ASSERT_EQ(result.violation, std::nullopt) << replay(seed);
    ASSERT_FALSE(result.orphans_left) << replay(seed);
    const std::set<std::string> injected(result.injected.begin(), result.injected.end());
    for (const auto& finding : result.ledger.findings) {
      ASSERT_EQ(finding.kind, Finding::Kind::orphaned_blob) << replay(seed);
      ASSERT_TRUE(injected.contains(finding.name)) << replay(seed);
      if (finding.repaired) ++repaired;
    }
  }
  std::cout << repaired << " orphans repaired\n";
  EXPECT_GE(repaired, count_ / 2);
}

TEST_F(ScrubSimulation, finds_every_dangling_row_and_nothing_else) {
  for (auto seed = first_; seed < first_ + (count_ + 3) / 4; ++seed) {
    const auto result = run_scrub_history(seed, Injected::dangling_rows);
    std::set<std::string> found;
    for (const auto& finding : result.ledger.findings) {
      ASSERT_EQ(finding.kind, Finding::Kind::dangling_row) << replay(seed);
      found.insert(finding.object);
    }
    ASSERT_EQ(found, std::set<std::string>(result.injected.begin(), result.injected.end()))
        << replay(seed);
  }
}

// Each of its precautions is needed: without it, some history has a false alarm. And yet nothing is
// lost, for the settling that deletes looks for itself.
TEST_F(ScrubSimulation, has_no_precaution_too_many) {
  for (const auto blindness : {Blindness::to_the_log, Blindness::to_the_second_look}) {
    constexpr std::uint64_t enough = 500;
    bool alarmed = false;
    for (auto seed = first_; seed < first_ + enough && !alarmed; ++seed) {
      const auto result = run_scrub_history(seed, Injected::nothing, blindness);
      ASSERT_EQ(result.violation, std::nullopt) << replay(seed);
      alarmed = !result.ledger.findings.empty();
    }
    EXPECT_TRUE(alarmed) << static_cast<int>(blindness);
  }
}

}  // namespace
}  // namespace objectstore::testing
