// One completion's hold on a multipart upload's entry, kept alive by heartbeats.
#pragma once

#include "changelog/upload_entries.h"
#include "runtime/log.h"
#include "runtime/task_scope.h"

namespace objectstore {

// Lives in one coroutine. stop() has completed before it goes, but for a crash.
class UploadHold {
 public:
  // `held`: as it was just written. The references outlive it.
  UploadHold(UploadEntries& entries, Clock& clock, Logger& logger, LogEntry held)
      : entries_(entries), clock_(clock), logger_(logger), entry_(std::move(held)) {}

  // Starts the heartbeats, on the caller's executor.
  [[nodiscard]] Task<void> start();
  // Whether the entry is still this hold's, as far as heartbeats have told. Once it is not, others
  // may act on the upload: don't commit, and leave it to them.
  [[nodiscard]] bool valid() const { return valid_; }
  // Ends the heartbeats; none is in flight afterwards.
  [[nodiscard]] Task<void> stop();
  // As written last. After stop().
  [[nodiscard]] const LogEntry& entry() const { return entry_; }

 private:
  [[nodiscard]] Task<void> beat_until_stopped();

  UploadEntries& entries_;
  Clock& clock_;
  Logger& logger_;
  LogEntry entry_;
  bool valid_ = true;
  TaskScope beating_;
};

}  // namespace objectstore
