// A change log whose requests are timed.
#pragma once

#include "changelog/change_log.h"
#include "storage/tier_metrics.h"

namespace objectstore {

// Passes every request on as it is. All of them outlive it.
class MeteredChangeLog final : public ChangeLog {
 public:
  MeteredChangeLog(ChangeLog& inner, Metrics& metrics, const Clock& clock)
      : inner_(inner), tier_(metrics, clock, "change-log") {}

  [[nodiscard]] bool durable() const override { return inner_.durable(); }
  Task<Result<void>> record(const std::vector<LogEntry>& entries, EntryTime time) override;
  Task<Result<void>> remove(std::string_view key) override;
  Task<Mutation> exchange(std::string_view key, const std::optional<UploadState>& expected,
                          const std::optional<LogEntry>& next, EntryTime time) override;
  Task<Result<std::vector<ScannedEntry>>> scan(const ScanRequest& request) override;
  Task<Mutation> claim(const ScannedEntry& entry, EntryTime now) override;
  Task<Mutation> quarantine(const ScannedEntry& entry, std::string_view reason,
                            EntryTime now) override;
  Task<Result<std::vector<QuarantinedEntry>>> quarantined(EntryTime before, std::string_view after,
                                                          std::size_t limit) override;
  Task<Result<void>> release(const QuarantinedEntry& entry, EntryTime time) override;
  Task<Mutation> drop(const QuarantinedEntry& entry) override;

 private:
  using Operation = TierMetrics::Operation;

  ChangeLog& inner_;
  TierMetrics tier_;
  Operation record_{tier_, "record"};
  Operation remove_{tier_, "remove"};
  Operation exchange_{tier_, "exchange"};
  Operation scan_{tier_, "scan"};
  Operation claim_{tier_, "claim"};
  Operation quarantine_{tier_, "quarantine"};
  Operation quarantined_{tier_, "quarantined"};
  Operation release_{tier_, "release"};
  Operation drop_{tier_, "drop"};
};

}  // namespace objectstore
