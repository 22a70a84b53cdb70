#include "changelog/staleness.h"

#include <algorithm>

namespace objectstore {

bool StalenessObserver::is_stale(const std::string& key, EntryTime time, MonotonicTime now) {
  const auto it = seen_.find(key);
  if (it == seen_.end()) {
    if (seen_.size() < capacity_) seen_.emplace(key, Seen{time, now, now});
    return false;
  }
  auto& seen = it->second;
  seen.last = now;
  if (seen.time != time) {
    seen.time = time;
    seen.first = now;
    return false;
  }
  return now - seen.first >= stale_after_;
}

void StalenessObserver::forget_unseen_since(MonotonicTime before) {
  std::erase_if(seen_, [&](const auto& item) { return item.second.last < before; });
}

std::optional<MonotonicTime> StalenessObserver::next_stale() const {
  std::optional<MonotonicTime> earliest;
  for (const auto& [key, seen] : seen_) {
    const auto due = seen.first + stale_after_;
    if (!earliest || due < *earliest) earliest = due;
  }
  return earliest;
}

}  // namespace objectstore
