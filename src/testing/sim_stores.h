// The stores as a simulated process sees them: across a network that delays, reorders, repeats and
// loses, with the memory stores at its other end.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/memory/memory_blob_store.h"
#include "backends/memory/memory_change_log.h"
#include "backends/memory/memory_row_store.h"
#include "testing/sim_network.h"

namespace objectstore::testing {

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
  Task<Result<Discarded>> discard(const Revision& name, std::string_view upload) override;
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
  Task<Mutation> exchange(std::string_view key, const std::optional<UploadState>& expected,
                          const std::optional<LogEntry>& next, EntryTime time) override;
  Task<Result<std::vector<ScannedEntry>>> scan(const ScanRequest& request) override;
  Task<Mutation> claim(const ScannedEntry& entry, EntryTime now) override;
  Task<Mutation> quarantine(const ScannedEntry& entry, std::string_view reason,
                            EntryTime now) override;
  Task<Result<std::vector<QuarantinedEntry>>> quarantined(EntryTime before, std::string_view after,
                                                          std::size_t limit) override;
  Task<Result<void>> release(const QuarantinedEntry& entry, EntryTime time) override;
  Task<Mutation> drop(const QuarantinedEntry& entry) override;

 private:
  SimNetwork& network_;
  SimBackends& backends_;
};

}  // namespace objectstore::testing
