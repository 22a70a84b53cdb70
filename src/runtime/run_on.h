// Running a task on another executor than one's own.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "runtime/sync.h"
#include "runtime/task.h"

namespace objectstore {

namespace detail {

template <class T>
Task<void> run_into(Task<T> task, std::optional<T>& result, Completer<Done> done) {
  result.emplace(co_await std::move(task));
  done.complete(Done{});
}

inline Task<Done> with_value(Task<void> task) {
  co_await std::move(task);
  co_return Done{};
}

}  // namespace detail

// Runs `task` on `executor` and goes on where it is when that has ended. A request to stop does not
// reach the task.
template <class T>
[[nodiscard]] Task<T> run_on(boost::asio::any_io_executor executor, Task<T> task) {
  std::optional<T> result;
  auto start = [&](Completer<Done> done) {
    boost::asio::co_spawn(executor, detail::run_into(std::move(task), result, std::move(done)),
                          [](const std::exception_ptr& error) {
                            if (error) std::terminate();  // tasks report by values; see Result
                          });
  };
  co_await await_callback<Done>(start);
  co_return std::move(*result);
}

[[nodiscard]] inline Task<void> run_on(boost::asio::any_io_executor executor, Task<void> task) {
  auto whole = detail::with_value(std::move(task));
  co_await run_on(std::move(executor), std::move(whole));
}

}  // namespace objectstore
