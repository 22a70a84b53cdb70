#include "simulation/crash_points.h"

namespace objectstore::testing {

namespace {

std::string describe(const CrashScenario& scenario, const std::vector<PlannedFault>& faults,
                     const CrashResult& result) {
  std::string text = to_string(scenario);
  for (const auto& fault : faults) {
    text += "\n  fault at call " + std::to_string(fault.call);
    if (fault.call < result.calls.size()) text += " (" + result.calls[fault.call] + ")";
    text += ": " + to_string(fault.fault);
  }
  for (const auto& line : result.trace)
    text += "\n    " + line;
  return text;
}

class Enumeration {
 public:
  Enumeration(const CrashScenario& scenario, std::vector<Fault> (*faults_of)(const std::string&),
              std::size_t depth)
      : scenario_(scenario), faults_of_(faults_of), depth_(depth) {}

  CrashTally run() {
    const std::vector<PlannedFault> none;
    const auto undisturbed = run_once(none);
    tally_.calls = undisturbed.calls.size();
    extend(none, undisturbed.calls);
    return tally_;
  }

 private:
  CrashResult run_once(const std::vector<PlannedFault>& faults) {
    auto result = run_crash_points(scenario_, faults);
    if (faults.size() == 1) ++tally_.singles;
    if (faults.size() == 2) ++tally_.pairs;
    // A run that ends at a violation may end before its last fault.
    if (!result.violation && result.fired != faults.size()) ++tally_.missed;
    if (result.violation && tally_.violations++ == 0) {
      tally_.first_violation = *result.violation + "\n  " + describe(scenario_, faults, result);
    }
    return result;
  }

  // Runs `faults` with each further fault after the last of them; `calls` is what they led to.
  void extend(const std::vector<PlannedFault>& faults, const std::vector<std::string>& calls) {
    if (faults.size() == depth_) return;
    const auto first = faults.empty() ? 0 : faults.back().call + 1;
    for (auto call = first; call < calls.size(); ++call) {
      for (const auto& fault : faults_of_(calls[call])) {
        auto more = faults;
        more.push_back(PlannedFault{call, fault});
        const auto result = run_once(more);
        if (!result.violation) extend(more, result.calls);
      }
    }
  }

  const CrashScenario& scenario_;
  std::vector<Fault> (*faults_of_)(const std::string&);
  const std::size_t depth_;
  CrashTally tally_;
};

}  // namespace

CrashTally& CrashTally::operator+=(const CrashTally& other) {
  calls += other.calls;
  singles += other.singles;
  pairs += other.pairs;
  missed += other.missed;
  if (violations == 0) first_violation = other.first_violation;
  violations += other.violations;
  return *this;
}

CrashTally enumerate_singles(const CrashScenario& scenario) {
  return Enumeration(scenario, all_faults, 1).run();
}

CrashTally enumerate_pairs(const CrashScenario& scenario) {
  return Enumeration(scenario, distinct_faults, 2).run();
}

std::vector<CrashScenario> crashes_of(const CrashScenario& scenario) {
  std::vector<CrashScenario> crashes;
  const auto operation = run_crash_points(scenario, {}).calls;
  for (std::size_t call = 0; call < operation.size(); ++call) {
    auto crashed = scenario;
    crashed.crashed_at = CrashedAt{call, true};
    if (!run_crash_points(crashed, {}).calls.empty()) crashes.push_back(crashed);
  }
  return crashes;
}

}  // namespace objectstore::testing
