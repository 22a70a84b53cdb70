// How long the operations of a tier take, and how many bytes they move.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "runtime/clock.h"
#include "runtime/metrics.h"
#include "runtime/task.h"
#include "storage/row_store.h"

namespace objectstore {

enum class TierOutcome : std::uint8_t {
  ok,
  missing,  // there is no such blob
  refused,  // the condition of a mutation did not hold
  failed,
  unknown,  // a mutation may be applied, now or later
};
[[nodiscard]] TierOutcome tier_outcome(const Mutation& mutation);
template <class T>
[[nodiscard]] TierOutcome tier_outcome(const Result<T>& result) {
  return result.ok() ? TierOutcome::ok : TierOutcome::failed;
}
struct PlainOutcome {
  template <class T>
  TierOutcome operator()(const T& answer) const {
    return tier_outcome(answer);
  }
};

// The times of one tier. Thread-safe; `metrics` and `clock` outlive it.
class TierMetrics {
 public:
  // `tier`: "high-volume", "long-term", "change-log".
  TierMetrics(Metrics& metrics, const Clock& clock, std::string tier);

  [[nodiscard]] MonotonicTime now() const { return clock_.monotonic_now(); }

  // One operation's times, by outcome.
  class Operation {
   public:
    // `name` is a literal.
    Operation(TierMetrics& tier, std::string_view name) : tier_(tier), name_(name) {}
    void ended(TierOutcome outcome, MonotonicTime begun);

    // What the call returns, when it has ended; `outcome_of` tells what became of it.
    template <class T, class OutcomeOf = PlainOutcome>
    [[nodiscard]] Task<T> timed(Task<T> call, OutcomeOf outcome_of = {}) {
      const auto begun = tier_.now();
      auto answer = co_await std::move(call);
      ended(outcome_of(answer), begun);
      co_return answer;
    }

   private:
    TierMetrics& tier_;
    std::string_view name_;
    std::array<LazySeries<Histogram>, 5> times_;  // by TierOutcome
  };

 private:
  const Clock& clock_;
  const std::string tier_;
  Family<Histogram>& times_;
};

// The bytes of payloads that went to a tier and came from it. Thread-safe; `metrics` outlives it.
class TierBytes {
 public:
  TierBytes(Metrics& metrics, std::string_view tier);

  void read(std::uint64_t bytes) { read_.add(bytes); }
  void written(std::uint64_t bytes) { written_.add(bytes); }

 private:
  Counter& read_;
  Counter& written_;
};

}  // namespace objectstore
