// How long the operations of a tier take, and how many bytes they move.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "runtime/clock.h"
#include "runtime/metrics.h"
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

// Of one tier. Thread-safe; `metrics` and `clock` outlive it.
class TierMetrics {
 public:
  // `tier`: "high-volume", "long-term".
  TierMetrics(Metrics& metrics, const Clock& clock, std::string tier);

  [[nodiscard]] MonotonicTime now() const { return clock_.monotonic_now(); }
  void read(std::uint64_t bytes) { bytes_read_.add(bytes); }
  void written(std::uint64_t bytes) { bytes_written_.add(bytes); }

  // One operation's times, by outcome.
  class Operation {
   public:
    // `name` is a literal.
    Operation(TierMetrics& tier, std::string_view name) : tier_(tier), name_(name) {}
    void ended(TierOutcome outcome, MonotonicTime begun);

   private:
    TierMetrics& tier_;
    std::string_view name_;
    std::array<LazySeries<Histogram>, 5> times_;  // by TierOutcome
  };

 private:
  const Clock& clock_;
  const std::string tier_;
  Family<Histogram>& times_;
  Counter& bytes_read_;
  Counter& bytes_written_;
};

}  // namespace objectstore
