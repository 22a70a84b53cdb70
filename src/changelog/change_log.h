// The write-ahead log of changes: what must be recorded before a change begins, so that any process
// can make a crash harmless.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "changelog/entry.h"
#include "runtime/task.h"
#include "storage/row_store.h"

namespace objectstore {

// A stored entry that can't be used, as it lies in the log.
struct BrokenEntry {
  std::string value;
  Error reason;
  std::string state = {};  // the text of its state, where there is one
};

struct ScannedEntry {
  std::string key;
  EntryTime time = 0;
  std::variant<LogEntry, UnknownEntryVersion, BrokenEntry> content;
};

// Decodes what a log holds under `key`; `state` is empty but for multipart uploads.
[[nodiscard]] ScannedEntry scanned_entry(std::string key, EntryTime time, std::string value,
                                         std::string state = {});

struct QuarantinedEntry {
  std::string key;     // of the quarantine's own row
  EntryTime time = 0;  // when it was put there
  std::string value;   // the entry as it lay in the store, for release() and drop()
  std::string reason;
  std::string text;        // the entry's own text, for decode_entry(); empty where it can't be told
  std::string state = {};  // that of its state, likewise
  friend bool operator==(const QuarantinedEntry&, const QuarantinedEntry&) = default;
};

// Where an entry lies in quarantine, and the key it had; precondition: a key of that space.
[[nodiscard]] std::string quarantine_key(std::string_view entry_key);
[[nodiscard]] std::string key_before_quarantine(std::string_view quarantine_key);

struct ScanRequest {
  std::string from;  // keys in [from, to)
  std::string to;
  EntryTime before = 0;   // entries with an earlier time only
  std::size_t limit = 0;  // entries returned at most

  // The first `limit` entries of the whole log, whatever their time.
  [[nodiscard]] static ScanRequest all(std::size_t limit);
  // The entry of that key, if there is one.
  [[nodiscard]] static ScanRequest one(std::string key);
};
// The first key behind `key`: where a scan that ended with it goes on.
[[nodiscard]] std::string key_after(std::string key);

// Any thread may call. What is reported as done is durable.
class ChangeLog {
 public:
  virtual ~ChangeLog() = default;

  // Whether entries outlive the process. Without that nothing is ever recovered.
  [[nodiscard]] virtual bool durable() const = 0;

  // Writes the entries, each at `time`, whatever was there. On an error some may have been written.
  // Used for the first record, heartbeats (many at once) and due times.
  [[nodiscard]] virtual Task<Result<void>> record(const std::vector<LogEntry>& entries,
                                                  EntryTime time) = 0;
  // Idempotent.
  [[nodiscard]] virtual Task<Result<void>> remove(std::string_view key) = 0;

  // For entries of multipart uploads: writes `next` at `time`, or removes the entry where `next` is
  // unset, if the state stored under `key` is exactly `expected`; unset: if there is no entry.
  // A nil nonce: if there is no state; that there is an entry need not be looked at then.
  // The same request may arrive again later: it is refused then, as every state has its own nonce.
  [[nodiscard]] virtual Task<Mutation> exchange(std::string_view key,
                                                const std::optional<UploadState>& expected,
                                                const std::optional<LogEntry>& next,
                                                EntryTime time) = 0;

  // Entries in key order. A scan that fails half-way is an error, never a short answer.
  [[nodiscard]] virtual Task<Result<std::vector<ScannedEntry>>> scan(
      const ScanRequest& request) = 0;

  // Moves the entry's time from exactly `entry.time` to `now`; refused where it is another or
  // gone. The content stays `entry`'s.
  [[nodiscard]] virtual Task<Mutation> claim(const ScannedEntry& entry, EntryTime now) = 0;

  // Moves the entry aside, if its time is still exactly `entry.time`, so that it delays no other.
  [[nodiscard]] virtual Task<Mutation> quarantine(const ScannedEntry& entry,
                                                  std::string_view reason, EntryTime now) = 0;
  // Up to `limit` quarantined entries with an earlier time than `before`, in key order after
  // `after` (empty: from the start).
  [[nodiscard]] virtual Task<Result<std::vector<QuarantinedEntry>>> quarantined(
      EntryTime before, std::string_view after, std::size_t limit) = 0;
  // Puts a quarantined entry back into the log at `time`. A multipart upload's only where there is
  // none in the log: what is there came later, and the one put aside is forgotten.
  [[nodiscard]] virtual Task<Result<void>> release(const QuarantinedEntry& entry,
                                                   EntryTime time) = 0;
  // Forgets a quarantined entry for good; refused where it is gone or no longer as it was listed.
  [[nodiscard]] virtual Task<Mutation> drop(const QuarantinedEntry& entry) = 0;
};

}  // namespace objectstore
