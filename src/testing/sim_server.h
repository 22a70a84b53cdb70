// One simulated server process: the real tiered store, change log and recovery on simulated time.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "changelog/recovery.h"
#include "testing/history.h"
#include "testing/sim_stores.h"
#include "tiered/tiered_store.h"

namespace objectstore::testing {

// Payloads above this many bytes go to the long-term tier.
inline constexpr std::size_t sim_inline_limit = 16;

struct SimServerSettings {
  Duration clock_skew{};
  CommitRules rules = CommitRules::protocol;
  bool recovers = true;
  // Longer than any upload lasts in a simulation, pauses included.
  Duration late_upload_window = std::chrono::hours(4);
};

// Keep it until the world ends, also when its process was killed: requests of it may be under way.
class SimServer {
 public:
  SimServer(SimWorld& world, int id, SimBackends& backends, CallPolicy& policy,
            SimCounters& counters, const SimServerSettings& settings);
  ~SimServer() { kill(); }

  [[nodiscard]] SimProcess& process() { return process_; }
  [[nodiscard]] const SimProcess& process() const { return process_; }
  [[nodiscard]] bool alive() const { return process_.alive(); }
  void kill() { process_.kill(); }

  // Nothing is left of the operations that were begun.
  [[nodiscard]] bool idle() const { return operations_ == 0 && store_.background_tasks() == 0; }

  // Begin an operation; `history` learns how it ends, and `done` runs if it does. `value` is the
  // payload, unset for a delete.
  void write(const std::string& object, std::optional<std::string> value, History& history,
             std::function<void()> done);
  void read(const std::string& object, History& history, std::function<void()> done);

 private:
  [[nodiscard]] Task<void> write_task(std::string object, std::optional<std::string> value,
                                      History& history, std::size_t operation,
                                      std::function<void()> done);
  [[nodiscard]] Task<void> read_task(std::string object, History& history, std::size_t operation,
                                     std::function<void()> done);

  SimProcess process_;
  SimClock clock_;
  SeededRandom random_;
  NullLogger logger_;
  SimNetwork network_;
  SimRowStore rows_;
  SimBlobStore blobs_;
  SimChangeLog log_;
  OpenChanges changes_;
  TieredStore store_;
  Recovery recovery_;
  TaskScope tasks_;
  std::size_t operations_ = 0;
};

// What is wrong with the stores at this moment: a row that points to no blob (I1).
[[nodiscard]] std::optional<std::string> check_rows(const SimBackends& backends);
// What is wrong with them at rest: besides, a blob or an upload that nobody owns, an entry (I3,
// I9).
[[nodiscard]] std::optional<std::string> check_at_rest(const SimBackends& backends);

}  // namespace objectstore::testing
