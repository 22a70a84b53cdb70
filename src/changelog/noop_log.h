// A change log that keeps nothing: a crash between the tiers leaves its orphan.
#pragma once

#include "changelog/change_log.h"

namespace objectstore {

class NoopChangeLog final : public ChangeLog {
 public:
  [[nodiscard]] bool durable() const override { return false; }
  Task<Result<void>> record(const std::vector<LogEntry>&, EntryTime) override {
    co_return Result<void>();
  }
  Task<Result<void>> remove(std::string_view) override { co_return Result<void>(); }
  Task<Mutation> exchange(std::string_view, const std::optional<UploadState>&,
                          const std::optional<LogEntry>&, EntryTime) override {
    co_return Mutation::refused();
  }
  Task<Result<std::vector<ScannedEntry>>> scan(const ScanRequest&) override {
    co_return std::vector<ScannedEntry>();
  }
  Task<Mutation> claim(const ScannedEntry&, EntryTime) override { co_return Mutation::refused(); }
  Task<Mutation> quarantine(const ScannedEntry&, std::string_view, EntryTime) override {
    co_return Mutation::refused();
  }
  Task<Result<std::vector<QuarantinedEntry>>> quarantined(EntryTime, std::string_view,
                                                          std::size_t) override {
    co_return std::vector<QuarantinedEntry>();
  }
  Task<Result<void>> release(const QuarantinedEntry&, EntryTime) override {
    co_return Result<void>();
  }
  Task<Mutation> drop(const QuarantinedEntry&) override { co_return Mutation::refused(); }
};

}  // namespace objectstore
