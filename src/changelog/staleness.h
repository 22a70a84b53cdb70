// Which entries have stood still: told by this process's own monotonic clock, so that no wall
// clock, ours or the writer's, can have a live change settled.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/time.h"
#include "changelog/entry.h"

namespace objectstore {

class StalenessObserver {
 public:
  // Remembers at most `capacity` entries; more are looked at when others are through.
  StalenessObserver(Duration stale_after, std::size_t capacity)
      : stale_after_(stale_after), capacity_(capacity) {}

  // Notes that the entry `key` had `time` at `now`. True: it had the same time `stale_after` ago
  // or earlier.
  [[nodiscard]] bool is_stale(const std::string& key, EntryTime time, MonotonicTime now);
  // The entry is being dealt with.
  void forget(const std::string& key) { seen_.erase(key); }
  // Drops what has not been seen since `before`.
  void forget_unseen_since(MonotonicTime before);
  // The earliest moment at which an entry now remembered can be stale.
  [[nodiscard]] std::optional<MonotonicTime> next_stale() const;

 private:
  struct Seen {
    EntryTime time;
    MonotonicTime first;
    MonotonicTime last;
  };
  Duration stale_after_;
  std::size_t capacity_;
  std::map<std::string, Seen> seen_;
};

}  // namespace objectstore
