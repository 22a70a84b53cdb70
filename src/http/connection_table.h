// The connections of one event loop, with what is looked at once a second instead of on every read
// and write: time-outs, the date, and whether the server stops.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "runtime/clock.h"

namespace objectstore {

// Something with a deadline. All calls come on the loop's thread.
class Watched {
 public:
  virtual ~Watched() = default;
  // The deadline has passed; called at every tick until it is moved.
  virtual void expire() = 0;
  // The server stops: let go of a client that has asked for nothing.
  virtual void release_if_idle() = 0;
  // Cut it off.
  virtual void abort() = 0;

 protected:
  static constexpr MonotonicTime never = MonotonicTime::max();
  MonotonicTime deadline_ = never;

 private:
  friend class ConnectionTable;
  std::size_t index_ = 0;
};

// Not thread-safe: lives on one loop.
class ConnectionTable {
 public:
  explicit ConnectionTable(Clock& clock);

  static constexpr Duration tick = std::chrono::seconds(1);

  // Runs until its coroutine is cancelled (a task scope's stop).
  [[nodiscard]] Task<void> watch();

  void add(Watched& watched);
  void remove(Watched& watched);
  [[nodiscard]] std::size_t size() const { return watched_.size(); }

  // As of the last tick.
  [[nodiscard]] MonotonicTime now() const { return now_; }
  // A deadline `timeout` from now or up to two ticks later, never earlier.
  [[nodiscard]] MonotonicTime deadline_after(Duration timeout) const {
    const bool finite = timeout < MonotonicTime::max() - now_ - tick;
    return finite ? now_ + timeout + tick : MonotonicTime::max();
  }
  // The header Date, as of the last tick.
  [[nodiscard]] const std::string& date() const { return date_; }

  [[nodiscard]] bool stopping() const { return stopping_; }
  // From now on connections end with their request; idle ones end at once, all at `limit` from now.
  void stop(std::optional<Duration> limit);

 private:
  void refresh();
  void sweep();

  Clock& clock_;
  MonotonicTime now_;
  std::string date_;
  std::vector<Watched*> watched_;
  bool stopping_ = false;
  MonotonicTime abort_at_ = MonotonicTime::max();
};

}  // namespace objectstore
