// Watches the stores of a simulation from their side of the network: the invariants that are about
// the order of requests, and how often the states that matter are met.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "backends/memory/memory_change_log.h"
#include "backends/memory/memory_row_store.h"

namespace objectstore::testing {

// How often the states that matter were met.
struct SimCounters {
  std::uint64_t commits_refused = 0;    // whatever the reason
  std::uint64_t commits_fenced = 0;     // a fence beat the commit
  std::uint64_t commits_overtaken = 0;  // another write was committed since the intent
  std::uint64_t commits_unknown = 0;    // the writer never heard what became of it
  std::uint64_t fences_found_open = 0;
  std::uint64_t fences_after_commit = 0;  // the commit beat the fence
  std::uint64_t fences_by_several = 0;    // two processes on one entry
  std::uint64_t claims_lost = 0;
  std::uint64_t late_applications = 0;  // requests applied late, or once more later
  std::uint64_t late_uploads = 0;       // a blob appeared after its name was discarded
  std::uint64_t entries_swept_later = 0;
  std::uint64_t resends_applied = 0;  // small writes sent again after an unknown outcome
  std::uint64_t resends_refused = 0;
  std::uint64_t bumps_applied = 0;
  std::uint64_t bumps_refused = 0;
  std::uint64_t expired_overwritten = 0;  // redirects past their deadline, also by sweeps
  std::uint64_t blobs_vanished_for_readers = 0;
  std::uint64_t uploads_held = 0;  // uploads in parts: completions that got hold of theirs
  std::uint64_t uploads_given_back = 0;
  std::uint64_t uploads_died = 0;
  std::uint64_t holds_refused = 0;  // two completions at a time, or one of an upload that is dead

  SimCounters& operator+=(const SimCounters& other);
  struct Named {
    const char* name;
    std::uint64_t SimCounters::*value;
  };
  // All of them, for reports.
  [[nodiscard]] static const std::vector<Named>& names();
};

// One a simulation. Each function is called when the far end applies a request, or, where it says
// so, when a process sends one.
class ProtocolMonitor {
 public:
  ProtocolMonitor(const MemoryRowStore& rows, const MemoryChangeLog& log)
      : rows_(rows), log_(log) {}

  void recorded(const LogEntry& entry);
  // Of the entry of an upload in parts; `next` is unset for a removal.
  void exchanged(const std::optional<UploadState>& from, const std::optional<LogEntry>& next,
                 bool applied);
  void commit_sent(const AttemptId& attempt);
  // Before it is applied to the row.
  void commit_arrives(const std::string& key, const AttemptId& attempt, WallTime now);
  void commit_applied(const AttemptId& attempt, bool matched);
  void fence_applied(int process, const AttemptId& attempt, FenceFound found);
  // Before they are applied.
  void discard_arrives(const Revision& revision);
  // `expected`: only if the entry has that state.
  void removal_arrives(const std::string& entry, const std::set<Revision>& blobs,
                       const std::optional<UploadState>& expected = {});
  void finish_applied(const Revision& revision, const std::string& payload, bool created);
  // Whether it was sent before.
  [[nodiscard]] bool small_write_sent(const Stamp& stamp);

  // What was uploaded under a name, whether it is still there or not; unset: nothing was.
  [[nodiscard]] std::optional<std::string> uploaded(const Revision& revision) const;

  [[nodiscard]] const std::optional<std::string>& violation() const { return violation_; }
  [[nodiscard]] SimCounters& counters() { return counters_; }
  [[nodiscard]] const SimCounters& counters() const { return counters_; }

 private:
  struct Attempt {
    bool commit_sent = false;
    bool over_expired = false;  // its commit found a redirect whose deadline had passed
    bool committed = false;
    bool fenced = false;
    bool given_up = false;  // its blob was discarded while it could still have committed
    std::set<int> fenced_by;
  };
  void fail(std::string what);
  // Whether none of the attempts that `entry` names can still commit.
  [[nodiscard]] bool is_over(const LogEntry& entry);
  [[nodiscard]] bool is_pointed_to(const Revision& revision) const;

  const MemoryRowStore& rows_;
  const MemoryChangeLog& log_;
  std::map<AttemptId, Attempt> attempts_;
  std::map<Revision, AttemptId> uploader_;  // the attempt that would make a row point there
  std::map<Revision, std::string> uploaded_;
  std::set<Revision> discarded_;
  std::set<Stamp> small_writes_;  // sent
  SimCounters counters_;
  std::optional<std::string> violation_;
};

}  // namespace objectstore::testing
