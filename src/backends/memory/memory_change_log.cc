#include "backends/memory/memory_change_log.h"

namespace objectstore {

namespace {

MemoryChangeLog::Stored stored(const LogEntry& entry, EntryTime time) {
  return {time, encode_entry(entry), encode_upload_state(entry)};
}

}  // namespace

Task<Result<void>> MemoryChangeLog::record(const std::vector<LogEntry>& entries, EntryTime time) {
  const std::lock_guard lock(mutex_);
  for (const auto& entry : entries)
    entries_[entry_key(entry.change.id)] = stored(entry, time);
  co_return Result<void>();
}

Task<Result<void>> MemoryChangeLog::remove(std::string_view key) {
  const std::lock_guard lock(mutex_);
  if (const auto it = entries_.find(key); it != entries_.end()) entries_.erase(it);
  co_return Result<void>();
}

Task<Mutation> MemoryChangeLog::exchange(std::string_view key,
                                         const std::optional<UploadState>& expected,
                                         const std::optional<LogEntry>& next, EntryTime time) {
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(key);
  const bool there = it != entries_.end();
  const bool as_expected =
      expected ? there && it->second.state == encode_upload_state(*expected) : !there;
  if (!as_expected) co_return Mutation::refused();
  if (next) {
    entries_[std::string(key)] = stored(*next, time);
  } else if (there) {
    entries_.erase(it);
  }
  co_return Mutation::applied();
}

Task<Result<std::vector<ScannedEntry>>> MemoryChangeLog::scan(const ScanRequest& request) {
  const std::lock_guard lock(mutex_);
  std::vector<ScannedEntry> found;
  for (auto it = entries_.lower_bound(request.from); it != entries_.end(); ++it) {
    if (it->first >= request.to || found.size() >= request.limit) break;
    if (it->second.time >= request.before) continue;
    found.push_back(scanned_entry(it->first, it->second.time, it->second.value, it->second.state));
  }
  co_return std::move(found);
}

Task<Mutation> MemoryChangeLog::claim(const ScannedEntry& entry, EntryTime now) {
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(entry.key);
  if (it == entries_.end() || it->second.time != entry.time) co_return Mutation::refused();
  it->second.time = now;
  co_return Mutation::applied();
}

Task<Mutation> MemoryChangeLog::quarantine(const ScannedEntry& entry, std::string_view reason,
                                           EntryTime now) {
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(entry.key);
  if (it == entries_.end() || it->second.time != entry.time) co_return Mutation::refused();
  auto key = quarantine_key(entry.key);
  const auto& value = it->second.value;
  quarantine_[key] =
      QuarantinedEntry{key, now, value, std::string(reason), value, it->second.state};
  entries_.erase(it);
  co_return Mutation::applied();
}

Task<Result<std::vector<QuarantinedEntry>>> MemoryChangeLog::quarantined(EntryTime before,
                                                                         std::string_view after,
                                                                         std::size_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<QuarantinedEntry> found;
  for (auto it = quarantine_.upper_bound(after); it != quarantine_.end(); ++it) {
    if (found.size() >= limit) break;
    if (it->second.time < before) found.push_back(it->second);
  }
  co_return std::move(found);
}

Task<Result<void>> MemoryChangeLog::release(const QuarantinedEntry& entry, EntryTime time) {
  const std::lock_guard lock(mutex_);
  if (quarantine_.erase(entry.key) == 0) co_return Result<void>();
  const Stored released{time, entry.value, entry.state};
  const auto [it, inserted] = entries_.try_emplace(key_before_quarantine(entry.key), released);
  if (!inserted && entry.state.empty()) it->second = released;
  co_return Result<void>();
}

Task<Mutation> MemoryChangeLog::drop(const QuarantinedEntry& entry) {
  const std::lock_guard lock(mutex_);
  const auto it = quarantine_.find(entry.key);
  if (it == quarantine_.end() || !(it->second == entry)) co_return Mutation::refused();
  quarantine_.erase(it);
  co_return Mutation::applied();
}

std::map<std::string, MemoryChangeLog::Stored> MemoryChangeLog::snapshot() const {
  const std::lock_guard lock(mutex_);
  return {entries_.begin(), entries_.end()};
}

bool MemoryChangeLog::empty() const {
  const std::lock_guard lock(mutex_);
  return entries_.empty();
}

void MemoryChangeLog::inject(std::string key, std::string value, EntryTime time,
                             std::string state) {
  const std::lock_guard lock(mutex_);
  entries_[std::move(key)] = Stored{time, std::move(value), std::move(state)};
}

}  // namespace objectstore
