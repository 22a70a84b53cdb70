// One operation, or one recovery, with faults at chosen store calls; then everything is left to
// come to rest, and audited.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "simulation/crash_points_plan.h"
#include "simulation/scenario.h"

namespace objectstore::testing {

// What is under test.
enum class Action : std::uint8_t {
  get,
  head,
  bump,  // a get that moves the deadline of an object with TTI
  put_small,
  put_large,
  put_cut_off,  // large; the client goes in the middle of the body
  put_unheard,  // large; the client goes after the body
  put_slow,     // large; lasts longer than a heartbeat
  remove,
  sweep,  // of an object whose deadline has passed
};
[[nodiscard]] std::string to_string(Action action);

// The operation's process was killed at this call: the recovery is under test.
struct CrashedAt {
  std::size_t call = 0;
  bool applied = false;  // whether the store still applied that call
};

struct CrashScenario {
  Content before = Content::absent;
  Action action = Action::put_large;
  LateUploads late_uploads = LateUploads::prevented;
  std::optional<CrashedAt> crashed_at = {};
  // The old blob can't be deleted for the first minutes: its entry goes into quarantine, and back.
  bool undeletable = false;
  // Another client writes this when the first fault has struck.
  std::optional<Content> meanwhile = {};
  // Rules that are broken on purpose.
  CommitRules rules = CommitRules::protocol;
  bool discards_lie = false;
};
[[nodiscard]] std::string to_string(const CrashScenario& scenario);

struct CrashResult {
  std::vector<std::string> calls;        // counted, in the order in which they were sent
  std::size_t fired = 0;                 // faults of the plan that happened
  std::optional<std::string> violation;  // what is wrong, told in words
  std::vector<std::string> trace;
};
[[nodiscard]] CrashResult run_crash_points(const CrashScenario& scenario,
                                           const std::vector<PlannedFault>& faults);

struct CrashTally {
  std::size_t calls = 0;  // of the undisturbed operation or recovery
  std::size_t singles = 0;
  std::size_t pairs = 0;
  std::size_t violations = 0;
  std::size_t missed = 0;  // faults that did not happen: the plan was not carried out
  std::string first_violation;

  CrashTally& operator+=(const CrashTally& other);
};
// Every single fault, told apart from others or not.
[[nodiscard]] CrashTally enumerate_singles(const CrashScenario& scenario);
// Every single fault and then a second one at every later call, of the operation or of whatever
// recovers from the first; of faults that nothing can tell apart, one.
[[nodiscard]] CrashTally enumerate_pairs(const CrashScenario& scenario);

// The scenarios that a kill at each call of the scenario's operation leaves behind, with an entry
// in the log: what a recovery can begin with.
[[nodiscard]] std::vector<CrashScenario> crashes_of(const CrashScenario& scenario);

}  // namespace objectstore::testing
