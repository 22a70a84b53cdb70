// What the walks of a scrub share: the stores, patience with them, the bandwidth and the report.
#pragma once

#include <algorithm>
#include <type_traits>
#include <utility>

#include "maintenance/scrub.h"
#include "runtime/backoff.h"
#include "runtime/task_scope.h"

namespace objectstore {

class ScrubContext {
 public:
  ScrubContext(ScrubParts the_parts, ScrubOptions the_options, ScrubObserver& observer)
      : parts(the_parts), options(std::move(the_options)), observer_(observer) {
    options.page = std::max<std::size_t>(1, options.page);
  }

  const ScrubParts parts;
  ScrubOptions options;
  ScrubReport report;

  void tell(const Finding& finding);
  void tell_progress() { observer_.progress(report.totals); }

  // An error of the code `cancelled` once the scope was asked to stop.
  [[nodiscard]] Task<Result<void>> go_on();

  // Waits as long as reading `bytes` may take.
  [[nodiscard]] Task<void> pay_for(std::uint64_t bytes);

  // Asks (a function that gives a Task<Result<T>>) until it succeeds, a few times. What is corrupt
  // stays so and is told at once.
  template <class Ask>
  [[nodiscard]] std::invoke_result_t<Ask&> insist(Ask ask) {
    constexpr int tries = 5;
    BackoffSettings settings;
    settings.initial = std::chrono::milliseconds(500);
    Backoff backoff(settings, parts.random);
    for (int attempt = 1;; ++attempt) {
      auto answer = co_await ask();
      if (answer.ok() || attempt >= tries) co_return answer;
      const auto code = answer.error().code();
      if (code == ErrorCode::corrupt || code == ErrorCode::cancelled) co_return answer;
      co_await parts.clock.sleep_for(backoff.next());
      CO_TRY(co_await go_on());
    }
  }

  // The row as it is now.
  [[nodiscard]] Task<Result<ListedRow>> inspect(const std::string& key);
  // nullptr: no such blob.
  [[nodiscard]] Task<Result<std::unique_ptr<BlobReader>>> open(const Revision& name);

 private:
  ScrubObserver& observer_;
  MonotonicTime paid_until_{};
};

// Whether the row was not written between two reads.
[[nodiscard]] bool same_write(const Row& before, const Row& after);

}  // namespace objectstore
