#include "backends/bigtable/retry_policy.h"

#include <gtest/gtest.h>

#include "testing/manual_clock.h"

namespace objectstore::bigtable {
namespace {

RpcStatus status_of(RpcCode code, bool never_sent = false, bool retry_info = false) {
  RpcStatus status;
  status.code = code;
  status.never_sent = never_sent;
  if (retry_info) status.retry_delay = std::chrono::seconds(1);
  return status;
}

TEST(judge, tells_what_may_be_sent_again) {
  constexpr auto idempotent = Repeat::idempotent;
  constexpr auto never_begun = Repeat::never_begun;
  const struct {
    RpcStatus status;
    Repeat repeat;
    int attempts;
    Verdict verdict;
  } cases[] = {
      {status_of(RpcCode::unavailable), idempotent, 1, Verdict::retry},
      {status_of(RpcCode::unavailable), idempotent, 9, Verdict::retry},
      {status_of(RpcCode::unavailable), never_begun, 1, Verdict::unknown},
      {status_of(RpcCode::unavailable, true), never_begun, 1, Verdict::retry},
      {status_of(RpcCode::deadline_exceeded), idempotent, 1, Verdict::retry},
      {status_of(RpcCode::deadline_exceeded), never_begun, 1, Verdict::unknown},
      {status_of(RpcCode::deadline_exceeded, true), never_begun, 1, Verdict::retry},
      {status_of(RpcCode::cancelled), idempotent, 1, Verdict::retry},
      {status_of(RpcCode::cancelled), never_begun, 1, Verdict::unknown},
      {status_of(RpcCode::cancelled, true), idempotent, 1, Verdict::fail},
      {status_of(RpcCode::cancelled, true), never_begun, 1, Verdict::fail},
      {status_of(RpcCode::aborted), idempotent, 1, Verdict::retry},
      {status_of(RpcCode::aborted), never_begun, 1, Verdict::unknown},
      {status_of(RpcCode::internal), idempotent, 2, Verdict::retry},
      {status_of(RpcCode::internal), idempotent, 3, Verdict::unknown},
      {status_of(RpcCode::internal), never_begun, 1, Verdict::unknown},
      {status_of(RpcCode::unauthenticated), idempotent, 1, Verdict::retry},
      {status_of(RpcCode::unauthenticated), idempotent, 2, Verdict::fail},
      {status_of(RpcCode::unauthenticated), never_begun, 1, Verdict::fail},
      {status_of(RpcCode::unauthenticated, true), never_begun, 2, Verdict::fail},
      {status_of(RpcCode::not_found), idempotent, 1, Verdict::fail},
      {status_of(RpcCode::not_found), never_begun, 1, Verdict::fail},
      {status_of(RpcCode::permission_denied), idempotent, 1, Verdict::fail},
      {status_of(RpcCode::invalid_argument), never_begun, 1, Verdict::fail},
      {status_of(RpcCode::failed_precondition), never_begun, 1, Verdict::fail},
      {status_of(RpcCode::resource_exhausted), idempotent, 1, Verdict::unknown},
      {status_of(RpcCode::resource_exhausted, false, true), idempotent, 1, Verdict::retry},
      {status_of(RpcCode::resource_exhausted), never_begun, 1, Verdict::unknown},
      {status_of(RpcCode::resource_exhausted, false, true), never_begun, 1, Verdict::unknown},
      {status_of(RpcCode::data_loss), idempotent, 1, Verdict::unknown},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(judge(c.status, c.repeat, c.attempts), c.verdict)
        << to_string(c.status.code) << " never sent " << c.status.never_sent << " attempts "
        << c.attempts << " idempotent " << (c.repeat == idempotent);
  }
}

int taken(RetryBudget& budget) {
  int count = 0;
  while (count < 1000 && budget.take())
    ++count;
  return count;
}

TEST(retry_budget, gives_its_reserve_then_a_share_of_the_requests) {
  objectstore::testing::ManualClock clock;
  RetryBudget budget({100, 0, 5}, clock);
  EXPECT_EQ(taken(budget), 5);
  for (int i = 0; i < 30; ++i)
    budget.request_begun();
  EXPECT_EQ(taken(budget), 3);
  for (int i = 0; i < 1000; ++i)
    budget.request_begun();
  EXPECT_EQ(taken(budget), 5);
}

TEST(retry_budget, gives_a_few_a_second_to_idle_processes) {
  objectstore::testing::ManualClock clock;
  RetryBudget budget({100, 2, 5}, clock);
  EXPECT_EQ(taken(budget), 5);
  clock.advance(std::chrono::milliseconds(1500));
  EXPECT_EQ(taken(budget), 3);
  EXPECT_EQ(taken(budget), 0);
  clock.advance(std::chrono::hours(24 * 365));
  EXPECT_EQ(taken(budget), 5);
}

}  // namespace
}  // namespace objectstore::bigtable
