// Two tasks side by side on one executor.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "runtime/sync.h"
#include "runtime/task.h"

namespace objectstore {

namespace detail {

template <class T>
struct Pending {
  std::optional<T> value;
  std::exception_ptr thrown;
  Event done;
};

template <class T>
Task<void> deliver(Task<T> task, std::shared_ptr<Pending<T>> pending) {
  try {
    pending->value.emplace(co_await std::move(task));
  } catch (...) {
    pending->thrown = std::current_exception();
  }
  pending->done.set();
}

}  // namespace detail

// Runs both tasks, interleaved at their suspension points, and returns when both have ended. What
// one throws is thrown then.
template <class A, class B>
[[nodiscard]] Task<std::pair<A, B>> when_both(Task<A> first, Task<B> second) {
  auto pending = std::make_shared<detail::Pending<B>>();
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::co_spawn(executor, detail::deliver(std::move(second), pending),
                        [](const std::exception_ptr& error) {
                          if (error) std::terminate();  // tasks report by values; see Result
                        });
  std::optional<A> value;
  std::exception_ptr thrown;
  try {
    value.emplace(co_await std::move(first));
  } catch (...) {
    thrown = std::current_exception();
  }
  // Also then: the other one refers to what the caller's frame holds.
  co_await pending->done.wait();
  if (thrown) std::rethrow_exception(thrown);
  if (pending->thrown) std::rethrow_exception(pending->thrown);
  co_return std::pair<A, B>(*std::move(value), *std::move(pending->value));
}

}  // namespace objectstore
