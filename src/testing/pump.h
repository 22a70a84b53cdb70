// Runs an event loop on which real sockets are, from the thread of a test.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "runtime/real_clock.h"
#include "runtime/task.h"

namespace objectstore::testing {

// Runs `context` until the condition holds; false: it does not within ten seconds.
template <class Condition>
[[nodiscard]] bool pump_until(boost::asio::io_context& context, Condition condition) {
  const RealClock real;
  const auto limit = real.monotonic_now() + std::chrono::seconds(10);
  while (!condition()) {
    if (real.monotonic_now() > limit) return false;
    context.restart();
    context.run_one_for(std::chrono::milliseconds(20));
  }
  return true;
}

// Runs what is ready and what arrives in a moment, until nothing does: loopback may take one.
inline void settle(boost::asio::io_context& context) {
  const RealClock real;
  const auto start = real.monotonic_now();
  for (bool idle = false; !idle || real.monotonic_now() - start < std::chrono::milliseconds(10);) {
    context.restart();
    idle = context.run_one_for(std::chrono::milliseconds(2)) == 0;
    if (real.monotonic_now() - start > std::chrono::seconds(10)) return;
  }
}

// A task that runs on `context`, and its value.
template <class T>
class Pumped {
 public:
  Pumped(boost::asio::io_context& context, Task<T> task)
      : context_(context), value_(std::make_shared<std::optional<T>>()) {
    boost::asio::co_spawn(context, store(std::move(task), value_),
                          [](const std::exception_ptr& error) {
                            if (error) std::rethrow_exception(error);
                          });
  }

  [[nodiscard]] bool ended() const { return value_->has_value(); }
  // Waits for the end. One that does not come ends the program: the test is broken.
  [[nodiscard]] T get() {
    OBJECTSTORE_ASSERT(pump_until(context_, [this] { return ended(); }));
    return *std::move(*value_);
  }

 private:
  static Task<void> store(Task<T> task, std::shared_ptr<std::optional<T>> value) {
    value->emplace(co_await std::move(task));
  }

  boost::asio::io_context& context_;
  std::shared_ptr<std::optional<T>> value_;
};

template <class T>
[[nodiscard]] T pump(boost::asio::io_context& context, Task<T> task) {
  return Pumped<T>(context, std::move(task)).get();
}

}  // namespace objectstore::testing
