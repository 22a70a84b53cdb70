// A simulated world: virtual time, one queue of future events, and processes that run on
// io_contexts polled by hand. The seed decides everything; the same seed gives the same history.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/callback.h"
#include "runtime/clock.h"
#include "runtime/random.h"
#include "runtime/sync.h"
#include "testing/run.h"
#include "testing/seeded_random.h"

namespace objectstore::testing {

class SimWorld;

// One operating-system process: what it runs, and what it waits for. It dies with its io_context.
class SimProcess {
 public:
  SimProcess(SimWorld& world, int id);
  ~SimProcess();
  SimProcess(const SimProcess&) = delete;
  SimProcess& operator=(const SimProcess&) = delete;

  [[nodiscard]] int id() const { return id_; }
  [[nodiscard]] SimWorld& world() { return world_; }
  [[nodiscard]] boost::asio::io_context& context() { return *context_; }
  // Stands still from now on: nothing of it runs, replies and timers wait.
  void pause() { paused_ = true; }
  void resume() { paused_ = false; }
  [[nodiscard]] bool paused() const { return paused_; }
  // kill -9: all coroutines go, in the middle of whatever they do. Requests under way stay under
  // way.
  void kill();
  [[nodiscard]] bool alive() const { return context_ != nullptr; }

  // Something waited for, to be completed by an event; it goes with the process.
  template <class T>
  std::function<void(T)> hold(Completer<T> completer) {
    const auto ticket = next_ticket_++;
    auto held = std::make_shared<Completer<T>>(std::move(completer));
    waiting_.emplace(ticket, held);
    return [this, ticket](T value) {
      const auto it = waiting_.find(ticket);
      if (it == waiting_.end()) return;
      auto kept = std::static_pointer_cast<Completer<T>>(it->second);
      waiting_.erase(it);
      kept->complete(std::move(value));
    };
  }

 private:
  SimWorld& world_;
  int id_;
  bool paused_ = false;
  std::uint64_t next_ticket_ = 0;
  std::unique_ptr<boost::asio::io_context> context_ = std::make_unique<boost::asio::io_context>(1);
  std::map<std::uint64_t, std::shared_ptr<void>> waiting_;
};

class SimWorld {
 public:
  explicit SimWorld(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] SeededRandom& random() { return random_; }
  [[nodiscard]] MonotonicTime now() const { return now_; }
  // True wall time; processes see it through their own, possibly wrong, clocks.
  [[nodiscard]] WallTime wall() const;

  // Runs `event` after `delay` of virtual time, whatever processes die meanwhile.
  void after(Duration delay, std::function<void()> event);

  // Runs one piece of a process or the next event; false: nothing is left.
  bool step();
  // Steps until `done` or nothing is left, at most `limit` of virtual time; whether it was done.
  bool run_until(const std::function<bool()>& done, Duration limit);

  // A store has applied a request: what is stored may be another thing than before.
  void request_applied() { ++requests_applied_; }
  [[nodiscard]] std::uint64_t requests_applied() const { return requests_applied_; }

  // Runs a task of a store, which never waits, at once.
  template <class T>
  T immediately(Task<T> task);

  // A line of the history, for replays and for people.
  void trace(std::string line);
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

 private:
  friend class SimProcess;
  bool poll_processes();

  boost::asio::io_context stores_{1};  // runs the tasks of immediately()
  SeededRandom random_;
  MonotonicTime now_{std::chrono::hours(1)};
  std::uint64_t sequence_ = 0;
  std::uint64_t requests_applied_ = 0;
  std::map<std::pair<MonotonicTime, std::uint64_t>, std::function<void()>> events_;
  std::vector<SimProcess*> processes_;
  std::vector<std::string> lines_;
};

// The clock of one process. Wall time may be skewed; monotonic time runs on while it is paused.
class SimClock final : public Clock {
 public:
  SimClock(SimProcess& process, Duration skew) : process_(process), skew_(skew) {}
  [[nodiscard]] WallTime now() const override { return process_.world().wall() + skew_; }
  [[nodiscard]] MonotonicTime monotonic_now() const override { return process_.world().now(); }
  [[nodiscard]] Task<void> sleep_until(MonotonicTime when) override;

 private:
  SimProcess& process_;
  Duration skew_;
};

// The stores' own clock.
class SimWallClock final : public Clock {
 public:
  explicit SimWallClock(SimWorld& world) : world_(world) {}
  [[nodiscard]] WallTime now() const override { return world_.wall(); }
  [[nodiscard]] MonotonicTime monotonic_now() const override { return world_.now(); }
  [[nodiscard]] Task<void> sleep_until(MonotonicTime) override { co_return; }

 private:
  SimWorld& world_;
};

template <class T>
T SimWorld::immediately(Task<T> task) {
  std::optional<T> result;
  detail::spawn(stores_, detail::store_result(std::move(task), &result));
  stores_.restart();
  stores_.poll();
  OBJECTSTORE_ASSERT(result.has_value());
  return *std::move(result);
}

}  // namespace objectstore::testing
