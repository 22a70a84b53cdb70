// A random history of several servers and clients on shared stores, with every fault that the seed
// draws. The same seed gives the same history.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "testing/sim_stores.h"

namespace objectstore::testing {

struct RandomHistoryResult {
  std::optional<std::string> violation;
  std::vector<std::string> trace;
  SimCounters counters;
  std::size_t mutations = 0;
  std::size_t kills = 0;
  std::size_t freezes = 0;
};

[[nodiscard]] RandomHistoryResult run_random_history(std::uint64_t seed,
                                                     CommitRules rules = CommitRules::protocol);

}  // namespace objectstore::testing
