// Which store call goes wrong, how, and what becomes of its process: chosen by number, not by
// chance.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "testing/sim_stores.h"

namespace objectstore::testing {

// What becomes of the process that has just sent a call.
enum class Then : std::uint8_t {
  goes_on,
  killed,  // at once; it never hears of the call
  frozen,  // for longer than anybody waits before settling its changes
};

struct Fault {
  CallFate::Kind fate = CallFate::Kind::not_sent;
  Then then = Then::goes_on;
};
[[nodiscard]] std::string to_string(const Fault& fault);

struct PlannedFault {
  std::size_t call = 0;  // counted from 0
  Fault fault;
};

// Every way in which a call can go wrong, whether it is told apart from another or not.
[[nodiscard]] std::vector<Fault> all_faults(const std::string& call);
// Without those that nothing can tell apart: a call that only reads is as good as dropped when its
// reply is lost or it is applied late, and as good as normal when it is applied twice; to a process
// that was killed, a reply that is lost is none, and a call that failed one that was dropped.
[[nodiscard]] std::vector<Fault> distinct_faults(const std::string& call);

// Carries the plan out, and counts.
class FaultPlan final : public CallPolicy {
 public:
  // Late is `late_by`, after everything else has been recovered.
  FaultPlan(SimWorld& world, Duration late_by) : world_(world), late_by_(late_by) {}

  // The ending of calls that found nothing: they neither change nor learn anything, and aren't
  // counted.
  static inline const std::string of_nothing = " of nothing";
  static constexpr Duration frozen_for = std::chrono::minutes(2);

  // Counts from 0 from now on.
  void arm(std::vector<PlannedFault> faults);
  // The calls of this process are neither counted nor disturbed.
  void spare(int process) { spared_.insert(process); }
  // The name of the call that comes next.
  void announce(std::string name) { announced_ = std::move(name); }

  CallFate next(SimProcess& process, const std::string& what) override;

  [[nodiscard]] const std::vector<std::string>& calls() const { return calls_; }
  [[nodiscard]] std::size_t fired() const { return fired_; }
  // By then everything that was sent has arrived.
  [[nodiscard]] MonotonicTime last_arrival() const { return last_arrival_; }

 private:
  void stop(SimProcess& process, Then then);

  SimWorld& world_;
  const Duration late_by_;
  bool armed_ = false;
  std::vector<PlannedFault> faults_;
  std::set<int> spared_;
  std::string announced_;
  std::vector<std::string> calls_;
  std::size_t fired_ = 0;
  MonotonicTime last_arrival_{};
};

}  // namespace objectstore::testing
