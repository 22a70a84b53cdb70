#include "changelog/metered_change_log.h"

namespace objectstore {

Task<Result<void>> MeteredChangeLog::record(const std::vector<LogEntry>& entries, EntryTime time) {
  return record_.timed(inner_.record(entries, time));
}

Task<Result<void>> MeteredChangeLog::remove(std::string_view key) {
  return remove_.timed(inner_.remove(key));
}

Task<Mutation> MeteredChangeLog::exchange(std::string_view key,
                                          const std::optional<UploadState>& expected,
                                          const std::optional<LogEntry>& next, EntryTime time) {
  return exchange_.timed(inner_.exchange(key, expected, next, time));
}

Task<Result<std::vector<ScannedEntry>>> MeteredChangeLog::scan(const ScanRequest& request) {
  return scan_.timed(inner_.scan(request));
}

Task<Mutation> MeteredChangeLog::claim(const ScannedEntry& entry, EntryTime now) {
  return claim_.timed(inner_.claim(entry, now));
}

Task<Mutation> MeteredChangeLog::quarantine(const ScannedEntry& entry, std::string_view reason,
                                            EntryTime now) {
  return quarantine_.timed(inner_.quarantine(entry, reason, now));
}

Task<Result<std::vector<QuarantinedEntry>>> MeteredChangeLog::quarantined(EntryTime before,
                                                                          std::string_view after,
                                                                          std::size_t limit) {
  return quarantined_.timed(inner_.quarantined(before, after, limit));
}

Task<Result<void>> MeteredChangeLog::release(const QuarantinedEntry& entry, EntryTime time) {
  return release_.timed(inner_.release(entry, time));
}

Task<Mutation> MeteredChangeLog::drop(const QuarantinedEntry& entry) {
  return drop_.timed(inner_.drop(entry));
}

}  // namespace objectstore
