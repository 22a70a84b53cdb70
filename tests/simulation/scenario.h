// One operation under a magnifying glass: its process is stopped at one chosen point, for longer
// than the staleness limit, while a second process recovers on the same stores.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "testing/sim_server.h"

namespace objectstore::testing {

// What the object holds before, and what the operation under test makes of it.
enum class Content : std::uint8_t { absent, small, large };
[[nodiscard]] std::string to_string(Content content);

// Where the process stops: when the n-th request leaves it, or when the store has applied that
// request and the reply is on its way.
struct StopPoint {
  enum class Moment : std::uint8_t { sent, applied };
  std::size_t request = 0;
  Moment moment = Moment::sent;
};

enum class Interruption : std::uint8_t {
  freeze,  // SIGSTOP for ten minutes, then SIGCONT
  kill,    // SIGKILL
};

struct Scenario {
  Content before = Content::absent;
  Content after = Content::large;
  std::optional<StopPoint> stop;
  Interruption interruption = Interruption::freeze;
  // Another writer overwrites the object while the first one stands still.
  std::optional<Content> meanwhile;
  CommitRules rules = CommitRules::protocol;
  LateUploads late_uploads = LateUploads::prevented;
};

struct ScenarioResult {
  std::vector<std::string> requests;     // that the first process sent for its operation
  std::optional<std::string> violation;  // what is wrong, told in words
  bool recovered = false;                // the second process has fenced an open attempt
  std::vector<std::string> trace;
};

[[nodiscard]] ScenarioResult run_scenario(const Scenario& scenario);

}  // namespace objectstore::testing
