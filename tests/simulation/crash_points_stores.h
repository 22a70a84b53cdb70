// The stores as a process under crash points sees them: the simulated ones, with every call named
// after what it is for, and those counted that cross no network.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "simulation/crash_points_plan.h"
#include "testing/forwarding_stores.h"
#include "testing/sim_stores.h"

namespace objectstore::testing {

// What the processes of one run share.
struct CrashStage {
  SimWorld& world;
  SimBackends& backends;
  FaultPlan& plan;
  CommitRules rules = CommitRules::protocol;
  bool discards_lie = false;          // report for_good where an upload can still finish
  std::set<Revision> old_blobs = {};  // there before the operation under test began
  MonotonicTime undeletable_until{};  // until then, discarding an old blob is an error
  std::function<bool(const ScanRequest&)> tears_scan = {};  // true: this page is an error
};

// `create` and `append` happen in the process itself or in a buffer of its own: they fail, or the
// process stops there, but they are never lost, late or doubled.
class NamedBlobStore final : public ForwardingBlobStore {
 public:
  NamedBlobStore(BlobStore& inner, SimProcess& process, Clock& clock, CrashStage& stage)
      : ForwardingBlobStore(inner), process_(process), clock_(clock), stage_(stage) {}

  Task<Result<std::unique_ptr<BlobWriter>>> create(const Revision& name,
                                                   const Metadata& metadata) override;
  Task<Result<Discarded>> discard(const Revision& name, std::string_view upload) override;

 private:
  class Writer;
  // The moment of a call that crosses no network; false: it fails.
  [[nodiscard]] Task<bool> local_step(std::string what);

  SimProcess& process_;
  Clock& clock_;
  CrashStage& stage_;
};

// Tells heartbeats ("beat") and entries kept for a later sweep ("keep") from first records, and
// marks scans that find nothing.
class NamedChangeLog final : public ForwardingChangeLog {
 public:
  NamedChangeLog(ChangeLog& inner, CrashStage& stage) : ForwardingChangeLog(inner), stage_(stage) {}

  Task<Result<void>> record(const std::vector<LogEntry>& entries, EntryTime time) override;
  Task<Result<std::vector<ScannedEntry>>> scan(const ScanRequest& request) override;
  Task<Mutation> claim(const ScannedEntry& entry, EntryTime now) override;
  Task<Result<std::vector<QuarantinedEntry>>> quarantined(EntryTime before, std::string_view after,
                                                          std::size_t limit) override;

 private:
  CrashStage& stage_;
  std::set<std::string> kept_alive_;  // keys of entries this process has recorded or claimed
};

// Marks sweeps that find nothing.
class NamedSweeper final : public RowSweeper {
 public:
  NamedSweeper(RowSweeper& inner, CrashStage& stage) : inner_(inner), stage_(stage) {}

  Task<Result<Sweep>> sweep(WallTime now, std::string from, std::size_t limit) override;
  Task<Result<void>> reclaim() override { return inner_.reclaim(); }

 private:
  RowSweeper& inner_;
  CrashStage& stage_;
};

}  // namespace objectstore::testing
