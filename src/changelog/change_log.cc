#include "changelog/change_log.h"

namespace objectstore {

ScannedEntry scanned_entry(std::string key, EntryTime time, std::string value, std::string state) {
  ScannedEntry entry;
  auto decoded = decode_entry(key, value, state);
  entry.key = std::move(key);
  entry.time = time;
  if (!decoded.ok()) {
    entry.content = BrokenEntry{std::move(value), decoded.error(), std::move(state)};
  } else if (auto* known = std::get_if<LogEntry>(&*decoded)) {
    entry.content = std::move(*known);
  } else {
    entry.content = std::get<UnknownEntryVersion>(*decoded);
  }
  return entry;
}

ScanRequest ScanRequest::all(std::size_t limit) {
  return ScanRequest{std::string(changelog_prefix), shard_start(changelog_shards), UINT64_MAX,
                     limit};
}

ScanRequest ScanRequest::one(std::string key) {
  auto end = key_after(key);
  return ScanRequest{std::move(key), std::move(end), UINT64_MAX, 1};
}

std::string key_after(std::string key) {
  key += '\0';
  return key;
}

std::string quarantine_key(std::string_view entry_key) {
  return std::string(quarantine_prefix) + std::string(entry_key.substr(changelog_prefix.size()));
}

std::string key_before_quarantine(std::string_view quarantine_key) {
  return std::string(changelog_prefix) +
         std::string(quarantine_key.substr(quarantine_prefix.size()));
}

}  // namespace objectstore
