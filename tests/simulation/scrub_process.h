// A simulated process that scrubs, over and over, beside the servers.
#pragma once

#include <string>
#include <vector>

#include "maintenance/scrub.h"
#include "testing/sim_listers.h"
#include "testing/sim_server.h"

namespace objectstore::testing {

// What all scrubs of a history have told.
struct ScrubLedger {
  std::vector<Finding> findings;
  std::uint64_t completed = 0;
  std::uint64_t incomplete = 0;
  std::uint64_t resumed = 0;
};

// What a scrub is kept from seeing, to show that it matters.
enum class Blindness : std::uint8_t { none, to_the_log, to_the_second_look };

struct ScrubProcessSettings {
  SimServerSettings server;  // clock, log and times, as of a server
  ScrubOptions options;      // but for deep, page and resume, which chance decides
  Duration longest_pause = std::chrono::seconds(10);  // between two runs
  Blindness blindness = Blindness::none;
};

// Keep it until the world ends, also when it was killed: requests of it may be under way.
class ScrubProcess final : private ScrubObserver {
 public:
  ScrubProcess(SimWorld& world, int id, SimBackends& backends, CallPolicy& policy,
               ScrubLedger& ledger, const ScrubProcessSettings& settings);
  ~ScrubProcess() override { process_.kill(); }

  [[nodiscard]] SimProcess& process() { return process_; }
  // From the next pause on.
  void set_longest_pause(Duration pause) { settings_.longest_pause = pause; }

 private:
  void found(const Finding& finding) override;
  void progress(const ScrubProgress&) override {}
  [[nodiscard]] Task<void> run();

  ScrubProcessSettings settings_;
  ScrubLedger& ledger_;
  SimProcess process_;
  SimClock clock_;
  SeededRandom random_;
  NullLogger logger_;
  SimNetwork network_;
  SimRowStore rows_;
  SimBlobStore blobs_;
  SimChangeLog log_;
  std::unique_ptr<RowLister> rows_as_seen_;
  std::unique_ptr<ChangeLog> log_as_seen_;
  SimListers listers_;
  OpenChanges changes_;
  TieredStore store_;
  TaskScope tasks_;
};

}  // namespace objectstore::testing
