// Time that stands still until a test moves it.
#pragma once

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/callback.h"
#include "runtime/clock.h"
#include "runtime/sync.h"

namespace objectstore::testing {

// Wall and monotonic time, settable apart from each other. Safe to use from any thread. The
// executors of coroutines that sleep here outlive the clock.
class ManualClock final : public Clock {
 public:
  // Starts in the middle of the year 2025, some monotonic time after zero.
  ManualClock() = default;
  explicit ManualClock(WallTime wall) : wall_(wall) {}

  [[nodiscard]] WallTime now() const override {
    const std::lock_guard lock(mutex_);
    return wall_;
  }
  [[nodiscard]] MonotonicTime monotonic_now() const override {
    const std::lock_guard lock(mutex_);
    return monotonic_;
  }

  [[nodiscard]] Task<void> sleep_until(MonotonicTime when) override {
    auto cancellation = co_await boost::asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != boost::asio::cancellation_type::none) co_return;
    Key key;
    auto enqueue = [this, when, &key, slot = cancellation.slot()](Completer<Done> waiter) mutable {
      {
        const std::lock_guard lock(mutex_);
        key = Key{when, next_sequence_++};
        if (when > monotonic_) sleepers_.emplace(key, std::exchange(waiter, Completer<Done>()));
      }
      if (waiter) {
        waiter.complete(Done{});
      } else if (slot.is_connected()) {
        slot.assign([this, key](boost::asio::cancellation_type) { wake(key); });
      }
    };
    co_await await_callback<Done>(std::move(enqueue));
    cancellation.slot().clear();
  }

  // Moves both times by `duration` and wakes whose time has come, in order.
  void advance(Duration duration) {
    std::vector<Completer<Done>> due;
    {
      const std::lock_guard lock(mutex_);
      wall_ += duration;
      monotonic_ += duration;
      while (!sleepers_.empty() && sleepers_.begin()->first.first <= monotonic_) {
        due.push_back(std::move(sleepers_.begin()->second));
        sleepers_.erase(sleepers_.begin());
      }
    }
    for (auto& waiter : due)
      waiter.complete(Done{});
  }
  // A step of the wall clock alone.
  void set_wall(WallTime wall) {
    const std::lock_guard lock(mutex_);
    wall_ = wall;
  }

  [[nodiscard]] std::size_t sleepers() const {
    const std::lock_guard lock(mutex_);
    return sleepers_.size();
  }
  // When the next sleeper wakes.
  [[nodiscard]] std::optional<MonotonicTime> next_due() const {
    const std::lock_guard lock(mutex_);
    if (sleepers_.empty()) return std::nullopt;
    return sleepers_.begin()->first.first;
  }

 private:
  using Key = std::pair<MonotonicTime, std::uint64_t>;

  void wake(const Key& key) {
    Completer<Done> waiter;
    {
      const std::lock_guard lock(mutex_);
      const auto it = sleepers_.find(key);
      if (it == sleepers_.end()) return;
      waiter = std::move(it->second);
      sleepers_.erase(it);
    }
    waiter.complete(Done{});
  }

  mutable std::mutex mutex_;
  WallTime wall_ = from_unix_ms(1'750'000'000'000);
  MonotonicTime monotonic_{std::chrono::hours(1)};
  std::uint64_t next_sequence_ = 0;
  std::map<Key, Completer<Done>> sleepers_;
};

// Runs what is ready in `context`, without moving the clock.
inline void run_ready(boost::asio::io_context& context) {
  context.restart();
  context.poll();
}

// Runs `context` while `duration` goes by, stopping the clock at every time that somebody sleeps
// until.
inline void run_for(boost::asio::io_context& context, ManualClock& clock, Duration duration) {
  const auto end = clock.monotonic_now() + duration;
  run_ready(context);
  while (true) {
    const auto due = clock.next_due();
    if (!due || *due > end) break;
    clock.advance(*due - clock.monotonic_now());
    run_ready(context);
  }
  clock.advance(end - clock.monotonic_now());
  run_ready(context);
}

}  // namespace objectstore::testing
