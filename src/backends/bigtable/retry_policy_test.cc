#include "backends/bigtable/retry_policy.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace objectstore::bigtable
