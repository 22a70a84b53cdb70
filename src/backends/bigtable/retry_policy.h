// Which requests to Bigtable are sent again, and how many of them.
#pragma once

#include <atomic>
#include <cstdint>

#include "net/rpc.h"
#include "runtime/clock.h"

namespace objectstore::bigtable {

// What may be sent a second time.
enum class Repeat : std::uint8_t {
  idempotent,   // everything that may help
  never_begun,  // only what the server has certainly not begun with
};

// What the end of an attempt says about a request.
enum class Verdict : std::uint8_t {
  retry,    // send it again, after a while
  fail,     // refused: it has no effect, now or later, and the next one would go the same way
  unknown,  // it may have an effect, now or at any later time
};

// Precondition: `status` is not ok. `attempts` were made, this one counted. For what is idempotent
// `fail` and `unknown` only mean that another attempt is of no use.
[[nodiscard]] Verdict judge(const RpcStatus& status, Repeat repeat, int attempts);

// Keeps an outage from multiplying the load: retries are a share of the requests, plus a few a
// second so that idle processes may retry too. Any thread may call; no locks.
class RetryBudget {
 public:
  struct Settings {
    std::int64_t retries_per_thousand_requests = 100;
    std::int64_t retries_per_second = 5;
    // Saved up at most; what a process begins with.
    std::int64_t reserve = 50;
  };

  RetryBudget(Settings settings, const Clock& clock);

  void request_begun();
  // Whether a retry may be sent; counts it.
  [[nodiscard]] bool take();

 private:
  void add(std::int64_t thousandths);
  void add_for_time();

  const Settings settings_;
  const Clock& clock_;
  std::atomic<std::int64_t> thousandths_;
  std::atomic<MonotonicTime> counted_until_;
};

}  // namespace objectstore::bigtable
