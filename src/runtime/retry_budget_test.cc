#include "runtime/retry_budget.h"

#include <gtest/gtest.h>

#include "testing/manual_clock.h"

namespace objectstore {
namespace {

int taken(RetryBudget& budget) {
  int count = 0;
  while (count < 1000 && budget.take())
    ++count;
  return count;
}

TEST(RetryBudget, gives_its_reserve_then_a_share_of_the_requests) {
  testing::ManualClock clock;
  RetryBudget budget({100, 0, 5}, clock);
  EXPECT_EQ(taken(budget), 5);
  for (int i = 0; i < 30; ++i)
    budget.request_begun();
  EXPECT_EQ(taken(budget), 3);
  for (int i = 0; i < 1000; ++i)
    budget.request_begun();
  EXPECT_EQ(taken(budget), 5);
}

TEST(RetryBudget, gives_a_few_a_second_to_idle_processes) {
  testing::ManualClock clock;
  RetryBudget budget({100, 2, 5}, clock);
  EXPECT_EQ(taken(budget), 5);
  clock.advance(std::chrono::milliseconds(1500));
  EXPECT_EQ(taken(budget), 3);
  EXPECT_EQ(taken(budget), 0);
  clock.advance(std::chrono::hours(24 * 365));
  EXPECT_EQ(taken(budget), 5);
}

}  // namespace
}  // namespace objectstore
