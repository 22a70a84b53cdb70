#include "runtime/task_scope.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>

namespace objectstore {

namespace asio = boost::asio;

struct TaskScope::State {
  struct Running {
    asio::any_io_executor executor;
    asio::cancellation_signal signal;
  };
  std::mutex mutex;
  std::list<std::shared_ptr<Running>> running;
  bool stopping = false;
  std::vector<Completer<Done>> joiners;

  void finished(std::list<std::shared_ptr<Running>>::iterator it) {
    std::vector<Completer<Done>> wake;
    {
      const std::lock_guard lock(mutex);
      running.erase(it);
      if (running.empty()) wake.swap(joiners);
    }
    for (auto& joiner : wake)
      joiner.complete(Done{});
  }
};

namespace {

// A signal must be given on the executor of the coroutine it is for.
template <class Running>
void post_stop(const std::shared_ptr<Running>& task) {
  asio::post(task->executor, [task] { task->signal.emit(asio::cancellation_type::terminal); });
}

// Cancellation only wakes sleepers; it is never thrown through code that holds an open change.
Task<void> without_throwing(Task<void> task) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await std::move(task);
}

}  // namespace

TaskScope::TaskScope() : state_(std::make_shared<State>()) {}
TaskScope::~TaskScope() = default;

void TaskScope::spawn(const asio::any_io_executor& executor, Task<void> task) {
  auto running = std::make_shared<State::Running>();
  running->executor = executor;
  bool stopping = false;
  std::list<std::shared_ptr<State::Running>>::iterator it;
  {
    const std::lock_guard lock(state_->mutex);
    it = state_->running.insert(state_->running.end(), running);
    stopping = state_->stopping;
  }
  asio::co_spawn(executor, without_throwing(std::move(task)),
                 asio::bind_cancellation_slot(
                     running->signal.slot(), [state = state_, it](const std::exception_ptr& error) {
                       if (error) std::terminate();  // tasks report by values; see Result
                       state->finished(it);
                     }));
  if (stopping) post_stop(running);
}

void TaskScope::request_stop() {
  std::list<std::shared_ptr<State::Running>> running;
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    running = state_->running;
  }
  for (const auto& task : running)
    post_stop(task);
}

Task<void> TaskScope::join() {
  auto enqueue = [state = state_](Completer<Done> completer) {
    {
      const std::lock_guard lock(state->mutex);
      if (!state->running.empty()) {
        state->joiners.push_back(std::move(completer));
        return;
      }
    }
    completer.complete(Done{});
  };
  co_await await_callback<Done>(enqueue);
}

std::size_t TaskScope::running() const {
  const std::lock_guard lock(state_->mutex);
  return state_->running.size();
}

Task<bool> stop_requested() {
  const auto state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() != asio::cancellation_type::none;
}

}  // namespace objectstore
