#include "runtime/retry_budget.h"

#include <algorithm>

namespace objectstore {

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

}  // namespace objectstore
