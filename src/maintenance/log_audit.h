// The walk over the change log: entries that nobody has settled.
#pragma once

#include "maintenance/log_pages.h"

namespace objectstore {

class LogAudit {
 public:
  explicit LogAudit(ScrubContext& context) : context_(context) {}

  // One page from the position `from`; the position of the next, empty at the end.
  [[nodiscard]] Task<Result<std::string>> open_entries(std::string from);
  [[nodiscard]] Task<Result<std::string>> quarantined_entries(std::string from);

 private:
  [[nodiscard]] Task<Result<void>> check(const ScannedEntry& entry);
  // Whether the entry, by the clock here, should have been settled long ago.
  [[nodiscard]] bool overdue(const ScannedEntry& entry) const;
  void tell_stale(const ScannedEntry& entry, const LogEntry& content);

  ScrubContext& context_;
};

}  // namespace objectstore
