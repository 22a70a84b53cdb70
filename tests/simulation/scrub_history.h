// A random history of servers and clients with a scrub beside them. The same seed gives the same
// history.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "simulation/scrub_process.h"

namespace objectstore::testing {

// What no server has done.
enum class Injected : std::uint8_t { nothing, orphans, dangling_rows };

struct ScrubHistoryResult {
  std::optional<std::string> violation;  // of the protocol's invariants
  ScrubLedger ledger;
  std::vector<std::string> injected;  // names of blobs, or keys of rows
  bool orphans_left = false;          // of those
  std::vector<std::string> trace;
};

[[nodiscard]] ScrubHistoryResult run_scrub_history(std::uint64_t seed,
                                                   Injected injected = Injected::nothing,
                                                   Blindness blindness = Blindness::none);

}  // namespace objectstore::testing
