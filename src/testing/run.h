// Runs a coroutine to its end on the calling thread: for tests whose parts all complete by
// themselves (an InlinePool, memory stores).
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "runtime/task.h"

namespace objectstore::testing {

namespace detail {

template <class T>
Task<void> store_result(Task<T> task, std::optional<T>* result) {
  result->emplace(co_await std::move(task));
}

inline void spawn(boost::asio::io_context& context, Task<void> task) {
  boost::asio::co_spawn(context, std::move(task), [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  });
}

}  // namespace detail

// The task's value. A task that still waits when nothing is left to run is a broken test: it ends
// the program. What the task throws comes out of here.
template <class T>
T run(Task<T> task) {
  boost::asio::io_context context(1);
  std::optional<T> result;
  detail::spawn(context, detail::store_result(std::move(task), &result));
  context.run();
  OBJECTSTORE_ASSERT(result.has_value());
  return *std::move(result);
}

inline void run(Task<void> task) {
  boost::asio::io_context context(1);
  bool done = false;
  boost::asio::co_spawn(context, std::move(task), [&done](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
    done = true;
  });
  context.run();
  OBJECTSTORE_ASSERT(done);
}

}  // namespace objectstore::testing
