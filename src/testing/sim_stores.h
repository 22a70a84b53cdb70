// The stores as a simulated process sees them: across a network that delays, reorders, repeats and
// loses, with the memory stores at its other end.
#pragma once

#include <functional>
#include <string>

#include "backends/memory/memory_blob_store.h"
#include "backends/memory/memory_change_log.h"
#include "backends/memory/memory_row_store.h"
#include "testing/protocol_monitor.h"
#include "testing/sim_world.h"

namespace objectstore::testing {

// What becomes of one request.
struct CallFate {
  enum class Kind : std::uint8_t {
    normal,
    not_sent,    // fails before it leaves: certainly not applied
    reply_lost,  // applied; the caller never hears of it
    dropped,     // not applied; the caller never hears of it
    late,        // applied long after the caller has given up
    twice,       // applied, and once more later
  };
  Kind kind = Kind::normal;
  Duration there = std::chrono::milliseconds(1);
  Duration back = std::chrono::milliseconds(1);
  Duration late_by{};  // of the late or second application, after `there`
};

// Decides, and may stop the process on the way: `on_sent` runs when the request leaves,
// `on_applied` when it has been applied.
class CallPolicy {
 public:
  virtual ~CallPolicy() = default;
  [[nodiscard]] virtual CallFate next(SimProcess& process, const std::string& what) = 0;
  virtual void on_applied(SimProcess&, const std::string&) {}
};

// The stores at the far end, shared by all processes.
struct SimBackends {
  explicit SimBackends(SimWorld& world, LateUploads late_uploads)
      : clock(world), rows(clock), blobs(late_uploads), monitor(rows, log) {}
  SimWallClock clock;
  MemoryRowStore rows;
  MemoryBlobStore blobs;
  MemoryChangeLog log;
  ProtocolMonitor monitor;
  bool blobs_expire = false;  // blobs may be gone once the deadline of their row has passed
  // Where the rows are reached; other rules than `rows` follows are put in between by tests that
  // must fail.
  RowStore* row_rules = &rows;
};

// The way of one process to the stores.
class SimNetwork {
 public:
  SimNetwork(SimProcess& process, CallPolicy& policy, SimCounters& counters)
      : process_(process), policy_(policy), counters_(counters) {}

  // Sends a request: `apply` runs at the far end, perhaps late, perhaps twice. A caller that never
  // hears of it gets `lost` after the time-out, one whose request never left gets `failed`.
  template <class R>
  [[nodiscard]] Task<R> call(std::string what, std::function<R()> apply, R lost, R failed);

  [[nodiscard]] SimCounters& counters() { return counters_; }
  [[nodiscard]] SimProcess& process() { return process_; }

  static constexpr Duration timeout = std::chrono::seconds(10);

 private:
  SimProcess& process_;
  CallPolicy& policy_;
  SimCounters& counters_;
};

// The rules by which rows are committed.
enum class CommitRules : std::uint8_t {
  protocol,
  draft,  // as in the design that loses data: no intents; the row must still be as it was read
};

class SimRowStore final : public RowStore, public RowSweeper {
 public:
  SimRowStore(SimNetwork& network, SimBackends& backends, CommitRules rules)
      : network_(network), backends_(backends), rules_(rules) {}

  Task<Result<Row>> read(std::string_view key, RowPart part) override;
  Task<Mutation> write_unless_redirect(std::string_view key, const RowState& state,
                                       const Stamp& stamp) override;
  Task<Mutation> open_intent(std::string_view key, const AttemptId& attempt,
                             const IntentCondition& condition) override;
  Task<Mutation> commit(std::string_view key, const AttemptId& attempt, const RowState& state,
                        const Stamp& stamp) override;
  Task<Result<FenceFound>> fence(std::string_view key, const AttemptId& attempt) override;
  Task<Mutation> bump(std::string_view key, const Row& as_read, WallTime deadline) override;

  Task<Result<Sweep>> sweep(WallTime now, std::string from, std::size_t limit) override;
  Task<Result<void>> reclaim() override { co_return Result<void>(); }

 private:
  [[nodiscard]] Task<Mutation> mutate(std::string what, std::function<Mutation()> apply);
  [[nodiscard]] Mutation draft_commit(const std::string& key, const AttemptId& attempt,
                                      const RowState& state, const Stamp& stamp);

  SimNetwork& network_;
  SimBackends& backends_;
  CommitRules rules_;
  std::map<AttemptId, IntentCondition> conditions_;  // draft only
};

class SimBlobStore final : public BlobStore {
 public:
  SimBlobStore(SimNetwork& network, SimBackends& backends)
      : network_(network), backends_(backends) {}

  Task<Result<std::unique_ptr<BlobWriter>>> create(const Revision& name,
                                                   const Metadata& metadata) override;
  Task<Result<std::unique_ptr<BlobReader>>> open(const Revision& name) override;
  Task<Result<Discarded>> discard(const Revision& name) override;
  Task<Result<bool>> extend(const Revision& name, WallTime deadline) override;

 private:
  class Writer;
  SimNetwork& network_;
  SimBackends& backends_;
};

class SimChangeLog final : public ChangeLog {
 public:
  SimChangeLog(SimNetwork& network, SimBackends& backends)
      : network_(network), backends_(backends) {}

  [[nodiscard]] bool durable() const override { return true; }
  Task<Result<void>> record(const std::vector<LogEntry>& entries, EntryTime time) override;
  Task<Result<void>> remove(std::string_view key) override;
  Task<Result<std::vector<ScannedEntry>>> scan(const ScanRequest& request) override;
  Task<Mutation> claim(std::string_view key, EntryTime seen, EntryTime now) override;
  Task<Mutation> quarantine(const ScannedEntry& entry, std::string_view reason,
                            EntryTime now) override;
  Task<Result<std::vector<QuarantinedEntry>>> quarantined(EntryTime before, std::string_view after,
                                                          std::size_t limit) override;
  Task<Result<void>> release(const QuarantinedEntry& entry, EntryTime time) override;
  Task<Mutation> drop(const QuarantinedEntry& entry) override;

 private:
  [[nodiscard]] Task<Mutation> mutate(std::string what, std::function<Mutation()> apply);

  SimNetwork& network_;
  SimBackends& backends_;
};

}  // namespace objectstore::testing
