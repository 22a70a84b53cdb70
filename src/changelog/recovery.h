// Settles what crashed processes have left in the change log.
#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "changelog/change_log.h"
#include "changelog/open_changes.h"
#include "changelog/settings.h"
#include "changelog/staleness.h"
#include "runtime/backoff.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/random.h"
#include "runtime/task_scope.h"

namespace objectstore {

// Brings a change to rest whatever state it was left in; implemented by the tiered store.
class ChangeSettler {
 public:
  virtual ~ChangeSettler() = default;

  // Fences the change, deletes the blobs nobody points to, ends the entry. Safe to run twice, on
  // two machines, in any order. On an error the entry stays in the log.
  // `swept_later`: the longest possible upload is over, nothing has to be kept any more.
  [[nodiscard]] virtual Task<Result<void>> settle(ChangeGuard guard, bool swept_later) = 0;

  // The same for a multipart upload whose time has passed: given up, given back by a holder that
  // has vanished, or dead. Nothing has to be claimed; who loses a race against others does nothing.
  [[nodiscard]] virtual Task<Result<void>> settle_upload(LogEntry entry) = 0;
};

struct RecoveryCounters {
  std::atomic<std::uint64_t> scans = 0;
  std::atomic<std::uint64_t> claimed = 0;
  std::atomic<std::uint64_t> claims_lost = 0;
  std::atomic<std::uint64_t> settled = 0;
  std::atomic<std::uint64_t> failed = 0;
  std::atomic<std::uint64_t> quarantined = 0;
};

// One instance a process, run by one task.
class Recovery {
 public:
  Recovery(ChangeLog& log, OpenChanges& open_changes, ChangeSettler& settler, Clock& clock,
           Random& random, Logger& logger, ChangeLogSettings settings);

  // Endless, until its scope is stopped; settles under way are finished first.
  [[nodiscard]] Task<void> run();

  // Lets settles that wait for a store give up; their entries stay in the log.
  void hurry() { settling_.request_stop(); }

  enum class Pass : std::uint8_t { worked, empty, failed };
  // One scan over the log and the settling of up to `scan_limit` stale entries.
  [[nodiscard]] Task<Pass> pass();

  [[nodiscard]] const RecoveryCounters& counters() const { return counters_; }

 private:
  [[nodiscard]] Task<void> report_entries_at_start();
  // Up to `scan_limit` entries to act on: stale ones and broken ones.
  [[nodiscard]] Task<Result<std::vector<ScannedEntry>>> find_work();
  // Scans [from, to) page by page into `work`, until that is full.
  [[nodiscard]] Task<Result<void>> scan_range(std::string from, std::string to,
                                              std::vector<ScannedEntry>& work);
  [[nodiscard]] bool needs_action(const ScannedEntry& entry);
  [[nodiscard]] Task<void> act(ScannedEntry entry);
  [[nodiscard]] Task<void> settle(ScannedEntry entry, LogEntry log_entry);
  [[nodiscard]] Task<void> settle_upload(ScannedEntry entry, LogEntry log_entry);
  [[nodiscard]] Task<void> failed(ScannedEntry entry, Error error);
  [[nodiscard]] Task<void> put_aside(ScannedEntry entry, std::string reason);
  [[nodiscard]] Task<void> retry_quarantined();
  [[nodiscard]] Duration wait_after_empty_pass() const;

  ChangeLog& log_;
  OpenChanges& open_changes_;
  ChangeSettler& settler_;
  Clock& clock_;
  Random& random_;
  Logger& logger_;
  const ChangeLogSettings settings_;

  StalenessObserver observer_;
  std::map<std::string, int> failures_;  // failed settles by key, of entries still in the log
  std::optional<MonotonicTime> next_quarantine_look_;
  std::size_t withheld_ = 0;  // entries of this pass that we did not get hold of
  RecoveryCounters counters_;
  TaskScope settling_;
};

}  // namespace objectstore
