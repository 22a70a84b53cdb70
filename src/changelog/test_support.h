// What the tests of this folder share: a log with gates and faults, and changes.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "backends/memory/memory_change_log.h"
#include "changelog/change_log.h"
#include "runtime/sync.h"
#include "testing/forwarding_stores.h"
#include "testing/row_values.h"

namespace objectstore::testing {

inline Change change_of(std::uint64_t number) {
  Change change;
  change.id = uuid_of(number);
  change.object = "usecase/objects/" + std::to_string(number);
  change.new_revision = revision_of(change.object, number);
  return change;
}
inline std::string key_of(std::uint64_t number) {
  return entry_key(uuid_of(number));
}

// A base, so that it is made before the one that refers to it.
struct ScriptedEntries {
  MemoryChangeLog entries;
};

// A memory log whose calls are counted, and can be held or made to fail.
class ScriptedLog final : public ScriptedEntries, public ForwardingChangeLog {
 public:
  using Fault = std::function<std::optional<Error>()>;

  ScriptedLog() : ForwardingChangeLog(entries) {}

  std::vector<std::vector<Uuid>> records;  // the change ids of each call
  std::vector<ScanRequest> scans;
  std::size_t claims = 0;
  Event* record_gate = nullptr;  // record() waits for it before it writes
  Fault record_fault, scan_fault;
  std::function<std::optional<Mutation>()> claim_fault, quarantine_fault;

  static Fault always(ErrorCode code) {
    return [code] { return Error(code, "injected"); };
  }
  // Fails `times` times.
  static Fault at_first(int times, ErrorCode code) {
    return [times, code]() mutable -> std::optional<Error> {
      if (times-- <= 0) return std::nullopt;
      return Error(code, "injected");
    };
  }

  Task<Result<void>> record(const std::vector<LogEntry>& written, EntryTime time) override {
    std::vector<Uuid> ids;
    ids.reserve(written.size());
    for (const auto& entry : written)
      ids.push_back(entry.change.id);
    records.push_back(std::move(ids));
    if (record_gate != nullptr) co_await record_gate->wait();
    const auto fault = record_fault ? record_fault() : std::nullopt;
    if (fault) co_return *fault;
    co_return co_await entries.record(written, time);
  }
  Task<Result<std::vector<ScannedEntry>>> scan(const ScanRequest& request) override {
    scans.push_back(request);
    const auto fault = scan_fault ? scan_fault() : std::nullopt;
    if (fault) co_return *fault;
    co_return co_await entries.scan(request);
  }
  Task<Mutation> claim(const ScannedEntry& entry, EntryTime now) override {
    ++claims;
    auto fault = claim_fault ? claim_fault() : std::nullopt;
    if (fault) co_return *std::move(fault);
    co_return co_await entries.claim(entry, now);
  }
  Task<Mutation> quarantine(const ScannedEntry& entry, std::string_view reason,
                            EntryTime now) override {
    auto fault = quarantine_fault ? quarantine_fault() : std::nullopt;
    if (fault) co_return *std::move(fault);
    co_return co_await entries.quarantine(entry, reason, now);
  }
};

}  // namespace objectstore::testing
