#include "power_cut/power_cuts.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>

#include "testing/scratch_directory.h"

namespace objectstore::testing {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

constexpr std::uint64_t fixed_seed = 1;
constexpr std::size_t cuts_per_plan = 50;
constexpr std::uint64_t default_random_cuts = 1000;

class PowerCutTest : public ::testing::Test {
 protected:
  Recording record_in_scratch(const Plan& plan, std::uint64_t seed) {
    ScratchDirectory scratch;
    return record(scratch.path(), plan, seed);
  }
  ScratchDirectory root_;
};

// The first call in which two runs differ; empty: none.
std::string first_difference(const DiskCalls& left, const DiskCalls& right) {
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    const auto line = [i](const DiskCalls& calls) {
      return i < calls.size() ? to_string(calls[i]) : "nothing";
    };
    if (line(left) == line(right)) continue;
    return "call " + std::to_string(i) + ": " + line(left) + " and " + line(right);
  }
  return {};
}

std::size_t count_syncs(const DiskCalls& calls) {
  return static_cast<std::size_t>(std::count_if(calls.begin(), calls.end(), is_sync));
}

bool first_is_enough(const Failure&) {
  return true;
}

// Or calls went by unseen.
TEST_F(PowerCutTest, records_rebuild_the_directory) {
  auto recording = record(root_.path(), every_transition(), fixed_seed);
  auto disk = recording.before;
  for (const auto& call : recording.calls)
    disk.apply(call);
  const auto rebuilt = disk.after({PowerCut::Unsynced::kept, 0});
  const auto found = read_image(root_.path());
  ASSERT_EQ(rebuilt.size(), found.size());
  for (const auto& [path, content] : found) {
    ASSERT_TRUE(rebuilt.contains(path)) << path;
    EXPECT_TRUE(rebuilt.at(path) == content) << path;
  }
}

TEST_F(PowerCutTest, a_run_is_repeated_by_its_seed) {
  const auto once = record_in_scratch(random_plan(7), 7);
  const auto again = record_in_scratch(random_plan(7), 7);
  EXPECT_EQ(first_difference(once.calls, again.calls), "");
}

TEST_F(PowerCutTest, every_sync_boundary_keeps_the_promises) {
  const auto recording = record_in_scratch(every_transition(), fixed_seed);
  const auto points = around_every_sync(recording.calls, fixed_seed);
  const auto failures = run_cuts(recording, points, root_.path(), none_left_out, first_is_enough);
  for (const auto& failure : failures)
    ADD_FAILURE() << describe(recording, failure);
  std::cout << recording.calls.size() << " disk calls, " << count_syncs(recording.calls)
            << " syncs, " << points.size() << " power cuts, violations " << failures.size() << '\n';
}

// The power fails again while the stores are opened, read and recovered.
TEST_F(PowerCutTest, second_cuts_keep_the_promises) {
  constexpr std::size_t cuts_each = 10;
  constexpr std::size_t every = 25;  // of the first cuts
  const auto recording = record_in_scratch(every_transition(), fixed_seed);
  const auto firsts = around_every_sync(recording.calls, fixed_seed);
  std::size_t calls = 0;
  std::size_t cuts = 0;
  for (std::size_t i = 0; i < firsts.size(); i += every) {
    const auto second = record_recovery(recording, firsts[i], root_.path());
    const auto points = random_points(second.calls, cuts_each, i);
    const auto failures = run_cuts(second, points, root_.path(), none_left_out, first_is_enough);
    for (const auto& failure : failures) {
      FAIL() << describe(recording, {firsts[i], {}}) << "and then " << describe(second, failure);
    }
    calls += second.calls.size();
    cuts += points.size();
  }
  std::cout << calls << " disk calls after a first cut, " << cuts << " second cuts, violations 0\n";
}

// Fresh seeds each time; OBJECTSTORE_CUT_SEED and OBJECTSTORE_CUT_COUNT choose others and more.
TEST_F(PowerCutTest, random_cuts_keep_the_promises) {
  const auto first = from_environment("OBJECTSTORE_CUT_SEED", std::random_device{}());
  const auto count = from_environment("OBJECTSTORE_CUT_COUNT", default_random_cuts);
  const auto plans = (count + cuts_per_plan - 1) / cuts_per_plan;
  std::cout << "seeds " << first << " to " << first + plans - 1 << '\n';
  std::size_t calls = 0;
  for (auto seed = first; seed < first + plans; ++seed) {
    const auto recording = record_in_scratch(random_plan(seed), seed);
    calls += recording.calls.size();
    const auto points = random_points(recording.calls, cuts_per_plan, seed);
    const auto failures = run_cuts(recording, points, root_.path(), none_left_out, first_is_enough);
    for (const auto& failure : failures) {
      FAIL() << describe(recording, failure) << "replay it with: OBJECTSTORE_CUT_SEED=" << seed
             << " OBJECTSTORE_CUT_COUNT=1 power_cut_test --gtest_filter=*random_cuts*";
    }
  }
  std::cout << plans << " runs, " << calls << " disk calls, " << plans * cuts_per_plan
            << " power cuts, violations 0\n";
}

}  // namespace
}  // namespace objectstore::testing
