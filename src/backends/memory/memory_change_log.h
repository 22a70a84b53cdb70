// A change log in memory, for tests and simulations.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "changelog/change_log.h"

namespace objectstore {

// Durable as long as the object lives: a simulated process may die before it.
class MemoryChangeLog final : public ChangeLog {
 public:
  [[nodiscard]] bool durable() const override { return true; }
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

  struct Stored {
    EntryTime time = 0;
    std::string value;
    std::string state = {};  // beside `value`, of multipart uploads
  };
  // All entries, for audits.
  [[nodiscard]] std::map<std::string, Stored> snapshot() const;
  [[nodiscard]] bool empty() const;
  // Puts anything into the log, readable or not.
  void inject(std::string key, std::string value, EntryTime time, std::string state = {});

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Stored, std::less<>> entries_;
  std::map<std::string, QuarantinedEntry, std::less<>> quarantine_;
};

}  // namespace objectstore
