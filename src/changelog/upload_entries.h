// The entries of multipart uploads: each change of one is a compare-and-exchange on the state that
// was read, so that nobody acts on an upload that somebody else has taken or ended.
#pragma once

#include <optional>

#include "changelog/change_log.h"
#include "changelog/settings.h"
#include "runtime/clock.h"
#include "runtime/random.h"

namespace objectstore {

// Any thread may call. Lost replies are resolved here, within `record_attempts` tries: by the same
// request again, then by the nonce that the entry has.
class UploadEntries {
 public:
  // The references outlive it.
  UploadEntries(ChangeLog& log, Clock& clock, Random& random, ChangeLogSettings settings)
      : log_(log), clock_(clock), random_(random), settings_(std::move(settings)) {}

  [[nodiscard]] bool durable() const { return log_.durable(); }
  [[nodiscard]] Duration heartbeat() const { return settings_.heartbeat; }

  // nullopt: there is no such entry, or it is none of a multipart upload. Errors: unavailable;
  // corrupt where it can't be read; unsupported for one of a later version.
  [[nodiscard]] Task<Result<std::optional<LogEntry>>> find(Uuid change);

  // The first record, under an id that is new. `entry` gets its nonce. After an error it may be in
  // the log all the same.
  [[nodiscard]] Task<Result<void>> create(LogEntry& entry, EntryTime due);
  // Replaces `from` by `to`, which gets its nonce; false: the entry is another by now, or gone.
  // After an error either may be there.
  [[nodiscard]] Task<Result<bool>> move(const LogEntry& from, LogEntry& to, EntryTime time);
  // The same, but nothing remains.
  [[nodiscard]] Task<Result<bool>> remove(const LogEntry& entry);

 private:
  [[nodiscard]] Task<Result<bool>> exchange(Uuid change, std::optional<UploadState> from,
                                            std::optional<LogEntry> to, EntryTime time);
  void renew(LogEntry& entry);

  ChangeLog& log_;
  Clock& clock_;
  Random& random_;
  const ChangeLogSettings settings_;
};

}  // namespace objectstore
