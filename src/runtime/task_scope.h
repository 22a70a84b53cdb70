// Owns background work: nothing runs detached, and shutdown waits for all of it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>

#include "runtime/sync.h"
#include "runtime/task.h"

namespace objectstore {

// Thread-safe. join() must have completed before the scope is destroyed, unless the executors
// whose tasks it holds are gone (a simulated crash).
class TaskScope {
 public:
  TaskScope();
  ~TaskScope();
  TaskScope(const TaskScope&) = delete;
  TaskScope& operator=(const TaskScope&) = delete;

  // Runs `task` on `executor`. After join() has begun it still runs: work that is under way may
  // have to start more to end cleanly.
  void spawn(const boost::asio::any_io_executor& executor, Task<void> task);

  // Ends what the tasks wait for (sleeps return early) and lets them see it by stop_requested().
  void request_stop();

  // Waits until no task is left.
  [[nodiscard]] Task<void> join();

  [[nodiscard]] std::size_t running() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Whether the scope that runs the calling coroutine was asked to stop.
[[nodiscard]] Task<bool> stop_requested();

}  // namespace objectstore
