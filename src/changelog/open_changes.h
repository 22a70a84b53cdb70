// The changes this process has under way, and their heartbeats.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "base/result.h"
#include "changelog/change_log.h"
#include "changelog/settings.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/random.h"
#include "runtime/sync.h"

namespace objectstore {

class OpenChanges;

// A recorded change that is kept alive. Dropped without close(), as a crash or a failed cleanup
// does, it leaves the entry in the log for recovery; nothing needs to reach a store for that.
class ChangeGuard {
 public:
  ChangeGuard(ChangeGuard&& other) noexcept;
  ChangeGuard& operator=(ChangeGuard&&) = delete;
  ~ChangeGuard();

  [[nodiscard]] const Change& change() const { return change_; }
  // Whether every heartbeat so far has been recorded. Once it is not, others may settle the
  // change: don't commit, and leave the cleanup to them.
  [[nodiscard]] bool valid() const;

  // Adds the address of the upload of the new revision to the entry, durably.
  [[nodiscard]] Task<Result<void>> set_upload(std::string address);
  // Ends the heartbeats, waiting for one in flight, then removes the entry from the log.
  [[nodiscard]] Task<Result<void>> close();
  // Ends the heartbeats and keeps the entry for a second deletion at `due`.
  [[nodiscard]] Task<Result<void>> keep_until(EntryTime due);

 private:
  friend class OpenChanges;
  ChangeGuard(OpenChanges& owner, std::uint64_t id, Change change)
      : owner_(&owner), id_(id), change_(std::move(change)) {}

  OpenChanges* owner_;  // null: moved from, closed
  std::uint64_t id_;
  Change change_;
};

// Of changes, one for each of them at every beat.
struct HeartbeatCounters {
  std::atomic<std::uint64_t> recorded = 0;
  std::atomic<std::uint64_t> failed = 0;
};

// Thread-safe. Outlives its guards.
class OpenChanges {
 public:
  OpenChanges(ChangeLog& log, Clock& clock, Random& random, Logger& logger,
              ChangeLogSettings settings);

  // Records the entry, durably, and keeps it alive from then on. On an error the entry may be in
  // the log all the same: settle the change.
  [[nodiscard]] Task<Result<ChangeGuard>> open(Change change);
  // Keeps alive an entry that is in the log already: one that recovery has claimed. A guard that
  // this process held for the change before is invalid from then on.
  [[nodiscard]] ChangeGuard adopt(LogEntry entry);

  // Beats until its scope is stopped; one bulk record a tick for all open changes.
  [[nodiscard]] Task<void> run_heartbeats();
  // One such beat.
  [[nodiscard]] Task<void> beat();

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] const HeartbeatCounters& heartbeats() const { return heartbeats_; }

 private:
  friend class ChangeGuard;
  struct Open {
    LogEntry entry;
    std::uint64_t guard = 0;  // the one that holds it now
    bool valid = true;
  };

  [[nodiscard]] ChangeGuard hold(LogEntry entry);
  [[nodiscard]] Task<Result<void>> record(const std::vector<LogEntry>& entries);
  [[nodiscard]] bool valid(const Uuid& id, std::uint64_t guard) const;
  void forget(const Uuid& id, std::uint64_t guard);
  [[nodiscard]] Task<Result<void>> set_upload(Uuid id, std::uint64_t guard, std::string address);
  // Waits for a heartbeat of the change that is in flight.
  [[nodiscard]] Task<void> beat_over(Uuid id);
  // Ends the heartbeats of a change; afterwards none of them is in flight.
  [[nodiscard]] Task<void> retire(Uuid id, std::uint64_t guard);

  ChangeLog& log_;
  Clock& clock_;
  Random& random_;
  Logger& logger_;
  const ChangeLogSettings settings_;
  HeartbeatCounters heartbeats_;

  mutable std::mutex mutex_;
  std::map<Uuid, Open> open_;
  std::uint64_t last_guard_ = 0;
  std::set<Uuid> beating_;            // whose heartbeat is in flight
  std::shared_ptr<Event> beat_done_;  // set when it no longer is
};

}  // namespace objectstore
