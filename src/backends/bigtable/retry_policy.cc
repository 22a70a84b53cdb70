#include "backends/bigtable/retry_policy.h"

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

}  // namespace objectstore::bigtable
