// A random history of several servers and clients on shared stores, with every fault that the seed
// draws. The same seed gives the same history.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "simulation/broken_rules.h"

namespace objectstore::testing {

struct RandomHistoryResult {
  std::optional<std::string> violation;
  std::vector<std::string> trace;
  SimCounters counters;
  std::size_t mutations = 0;
  std::size_t kills = 0;
  std::size_t freezes = 0;
};

// `broken`: one rule of the protocol is left out, which some seeds must find.
[[nodiscard]] RandomHistoryResult run_random_history(
    std::uint64_t seed, std::optional<BrokenRule> broken = std::nullopt);

// The sum over many histories.
struct SimTally {
  std::uint64_t histories = 0;
  std::uint64_t mutations = 0;
  std::uint64_t kills = 0;
  std::uint64_t freezes = 0;
  SimCounters counters;

  void add(const RandomHistoryResult& result);
  // A line for each rare state.
  [[nodiscard]] std::string report() const;
};

}  // namespace objectstore::testing
