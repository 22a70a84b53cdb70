// The audit: compares both tiers, beside a live service and without false alarms, and may delete
// blobs that nobody points to.
//
// Every suspicion is looked at again before it is told: the row, the change log, the row once more
// and the blob, in that order. An entry is recorded before its blob exists and removed after it was
// deleted or committed, so a blob that neither row nor log knows, while the row did not change in
// between, is an orphan.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "changelog/change_log.h"
#include "changelog/open_changes.h"
#include "changelog/recovery.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/metrics.h"
#include "runtime/random.h"
#include "storage/blob_store.h"
#include "storage/listing.h"
#include "storage/row_store.h"

namespace objectstore {

struct ScrubOptions {
  bool deep = false;    // read every payload and verify its checksums
  bool repair = false;  // delete orphaned blobs
  // Bytes of payload read a second, on average; 0: no limit.
  std::uint64_t bytes_per_second = 0;
  // A blob younger than this, by the store's clock, is no orphan yet, nor is any blob of a row with
  // an open intent younger than this. The longest upload and the largest clock skew.
  Duration young = std::chrono::hours(26);
  // By how much the clocks of two machines may differ, at most.
  Duration clock_skew = std::chrono::hours(2);
  // How long after its deadline a store that deletes blobs by itself may still have one.
  Duration expiry_lag = std::chrono::hours(3 * 24);
  // An entry is stale when its time, by its writer's clock, lies further back than this and the
  // skew together: recovery comes within a minute.
  Duration overdue = std::chrono::hours(1);
  // A row is a leftover when its deadline lies this far back: sweeps run all the time.
  Duration leftover = std::chrono::hours(24);
  std::string resume;  // ScrubReport::resume of an earlier, incomplete run; empty: from the start
  std::size_t page = 256;  // rows, blobs or entries held at once
};

struct Finding {
  enum class Kind : std::uint8_t {
    dangling_row,       // points to a blob that is missing
    orphaned_blob,      // nobody points to it
    checksum_mismatch,  // a payload differs from its checksum (deep)
    unreadable_row,
    unreadable_blob,
    stale_entry,  // of the change log, long overdue
    quarantined_entry,
    unreadable_entry,
    expired_leftover,  // a row long after its deadline
  };
  Kind kind = Kind::dangling_row;
  std::string object;  // storage path; empty where unknown
  std::string name;    // of the blob or the log's key
  std::uint64_t bytes = 0;
  std::string detail;  // for people
  bool repaired = false;
};
inline constexpr std::size_t finding_kinds =
    static_cast<std::size_t>(Finding::Kind::expired_leftover) + 1;
[[nodiscard]] std::string_view to_string(Finding::Kind kind);

// Of this run alone, not of those that it resumes.
struct ScrubProgress {
  std::string_view phase;  // "change log", "rows", "blobs"
  std::uint64_t rows = 0;  // that hold something
  std::uint64_t blobs = 0;
  std::uint64_t entries = 0;           // open ones, and the three kinds below
  std::uint64_t open_uploads = 0;      // multipart uploads that wait for their client, or their end
  std::uint64_t swept_later = 0;       // settled, kept for an upload that may finish late
  std::uint64_t unknown_versions = 0;  // of a later program: left alone
  std::uint64_t bytes_verified = 0;
  std::uint64_t findings = 0;
};

struct ScrubReport {
  // `findings`: at least one, repaired or not.
  enum class Outcome : std::uint8_t { clean, findings, incomplete };
  Outcome outcome = Outcome::clean;
  ScrubProgress totals;
  std::uint64_t repaired = 0;
  std::array<std::uint64_t, finding_kinds> by_kind = {};  // the findings
  // Where to go on, when incomplete: printable, without blanks. Findings of the page on which the
  // run ended may be told again. Empty where `resume` of the options was no such text.
  std::string resume;
  std::string problem;  // why it is incomplete
};

// Called from the scrub's own executor, one call at a time; must not block.
class ScrubObserver {
 public:
  virtual ~ScrubObserver() = default;
  virtual void found(const Finding& finding) = 0;
  virtual void progress(const ScrubProgress& progress) = 0;  // after each page
};

// What the runs of a process have come to, shown: a gauge for each kind of finding, of the last
// run. A handle, cheap to copy; one made without a registry records nothing.
class ScrubMetrics {
 public:
  ScrubMetrics() = default;
  // `metrics` outlives all copies.
  explicit ScrubMetrics(Metrics& metrics);

  void begun() const;
  void ended(const ScrubReport& report, WallTime now) const;

 private:
  struct Instruments;
  std::shared_ptr<const Instruments> instruments_;
};

// References only; whoever makes it keeps all of them alive.
struct ScrubParts {
  RowLister& rows;
  BlobLister& blobs;
  RowStore& row_store;
  BlobStore& blob_store;
  ChangeLog& log;
  OpenChanges& changes;    // repair records and settles its changes like any other
  ChangeSettler& settler;  // the tiered store's
  Clock& clock;
  Random& random;
  Logger& logger;
  ScrubMetrics metrics = {};
};

// Bounded memory: one page of each walk. Requests that fail are tried a few times more; then, and
// when its scope is asked to stop, the run ends as incomplete.
//
// An orphan is deleted only when the whole log and the row could be read; while the log holds
// entries that can't be read, which might name any blob, orphans are told and left alone.
[[nodiscard]] Task<ScrubReport> scrub(ScrubParts parts, ScrubOptions options,
                                      ScrubObserver& observer);

}  // namespace objectstore
