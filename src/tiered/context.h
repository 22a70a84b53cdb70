// What the parts of the tiered store share.
#pragma once

#include <chrono>
#include <cstddef>
#include <utility>

#include "changelog/open_changes.h"
#include "runtime/backoff.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/random.h"
#include "runtime/sync.h"
#include "runtime/task_scope.h"
#include "storage/blob_store.h"
#include "storage/row_store.h"
#include "tiered/stamp_clock.h"
#include "tiered/tiered_metrics.h"

namespace objectstore {

struct TieredSettings {
  // Payloads up to this many bytes lie in the row (storage-formats.md section 1).
  std::size_t inline_limit = 1 << 20;
  // How long a request goes on trying before the client is told to come again.
  Duration request_deadline = std::chrono::seconds(30);
  // The longest that an upload may take; also the window in which it may finish late.
  Duration late_upload_window = std::chrono::hours(24);
  // By how much the clocks of two machines may differ, at most. Added to the window before the last
  // sweep for a late upload; a larger difference can leave a blob behind, never lose one.
  Duration largest_clock_skew = std::chrono::hours(2);
  // How long a multipart upload may take from its start, and how long at least it can be completed
  // again after a completion that failed.
  Duration multipart_lifetime = std::chrono::hours(7 * 24);
  Duration multipart_retry_window = std::chrono::hours(24);
  // A commit is sent within this time after its intent was, or never: stores collect intents and
  // fences after seven days, and not always in the order in which they were written.
  Duration attempt_lifetime = std::chrono::hours(6 * 24);
  // Tries of a background cleanup before it is left to recovery.
  int cleanup_attempts = 5;
  // Background cleanups and bumps at once; above it, requests wait for one to end.
  std::size_t background_limit = 256;
  // False: rows are all there is, and one that redirects must not be overwritten.
  bool has_long_term = true;
  // Without a durable log nobody else would clean up: then try until shutdown.
  bool log_is_durable = true;
  BackoffSettings backoff;
};

// References only; whoever makes it keeps all of them alive. Thread-safe as they are.
struct TieredContext {
  RowStore& rows;
  BlobStore& blobs;
  OpenChanges& changes;
  Clock& clock;
  Random& random;
  Logger& logger;
  TieredSettings settings;
  TieredMetrics metrics;
  StampClock stamps;
  TaskScope background;
  Semaphore background_places;

  TieredContext(RowStore& row_store, BlobStore& blob_store, OpenChanges& open_changes,
                Clock& the_clock, Random& the_random, Logger& the_logger,
                TieredSettings the_settings, TieredMetrics the_metrics = {})
      : rows(row_store),
        blobs(blob_store),
        changes(open_changes),
        clock(the_clock),
        random(the_random),
        logger(the_logger),
        settings(the_settings),
        metrics(std::move(the_metrics)),
        stamps(the_clock),
        background_places(the_settings.background_limit) {}

  // Runs `task` behind the caller's back, on its executor; waits while too many are running.
  [[nodiscard]] Task<void> run_in_background(Task<void> task);
  // The same for work that may be left out: dropped while too many are running.
  [[nodiscard]] Task<void> try_in_background(Task<void> task);

  // Waits before the next try; false: don't try again, `deadline` has passed or the process stops.
  [[nodiscard]] Task<bool> pause(Backoff& backoff, MonotonicTime deadline);

  // Reads a row, trying again until `deadline` while the store is unavailable.
  [[nodiscard]] Task<Result<Row>> read_row(const std::string& key, RowPart part,
                                           MonotonicTime deadline);
  [[nodiscard]] MonotonicTime request_deadline() const {
    return clock.monotonic_now() + settings.request_deadline;
  }
};

}  // namespace objectstore
