#include "backends/bigtable/retry_policy.h"

#include <algorithm>

namespace objectstore::bigtable {
namespace {

// A status that a passing trouble may have, but a lasting one as well.
constexpr int attempts_in_doubt = 3;

// The server looked at the request and did nothing.
bool is_refusal(RpcCode code) {
  switch (code) {
    case RpcCode::invalid_argument:
    case RpcCode::not_found:
    case RpcCode::already_exists:
    case RpcCode::permission_denied:
    case RpcCode::failed_precondition:
    case RpcCode::out_of_range:
    case RpcCode::unimplemented:
    case RpcCode::unauthenticated:
      return true;
    default:
      return false;
  }
}

bool may_pass(RpcCode code, int attempts) {
  switch (code) {
    case RpcCode::unavailable:
    case RpcCode::deadline_exceeded:
    case RpcCode::aborted:
    case RpcCode::cancelled:
      return true;
    case RpcCode::internal:
    case RpcCode::unknown:
      return attempts < attempts_in_doubt;
    case RpcCode::unauthenticated:
      return attempts < 2;  // a token that expired on the way
    default:
      return false;
  }
}

}  // namespace

Verdict judge(const RpcStatus& status, Repeat repeat, int attempts) {
  // Cancelled before it was sent: the transport is being closed, and takes nothing more.
  const bool closing = status.never_sent && status.code == RpcCode::cancelled;
  if (closing) return Verdict::fail;
  if (status.never_sent) return may_pass(status.code, attempts) ? Verdict::retry : Verdict::fail;
  if (repeat == Repeat::idempotent && (status.retry_delay || may_pass(status.code, attempts))) {
    return Verdict::retry;
  }
  return is_refusal(status.code) ? Verdict::fail : Verdict::unknown;
}

RetryBudget::RetryBudget(Settings settings, const Clock& clock)
    : settings_(settings),
      clock_(clock),
      thousandths_(settings.reserve * 1000),
      counted_until_(clock.monotonic_now()) {}

void RetryBudget::request_begun() {
  add(settings_.retries_per_thousand_requests);
}

bool RetryBudget::take() {
  add_for_time();
  auto have = thousandths_.load();
  while (have >= 1000) {
    if (thousandths_.compare_exchange_weak(have, have - 1000)) return true;
  }
  return false;
}

void RetryBudget::add(std::int64_t thousandths) {
  const auto most = settings_.reserve * 1000;
  auto have = thousandths_.load();
  while (have < most) {
    if (thousandths_.compare_exchange_weak(have, std::min(most, have + thousandths))) return;
  }
}

void RetryBudget::add_for_time() {
  using std::chrono::milliseconds;
  auto from = counted_until_.load();
  const auto passed = std::chrono::floor<milliseconds>(clock_.monotonic_now() - from);
  if (passed <= milliseconds(0)) return;
  // Whoever moves the time on has it counted.
  if (!counted_until_.compare_exchange_strong(from, from + passed)) return;
  add(std::min<std::int64_t>(passed.count(), 1'000'000) * settings_.retries_per_second);
}

}  // namespace objectstore::bigtable
