// A place where one coroutine waits to be resumed by its own thread, without allocations.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>

#include "runtime/task.h"

namespace objectstore {

// Not thread-safe: wait() and resume() are called on one thread. A coroutine that still waits when
// the object goes never goes on.
class Suspension {
 public:
  [[nodiscard]] bool waiting() const { return handler_.has_value(); }

  // Precondition: nobody waits.
  [[nodiscard]] Task<void> wait() {
    auto keep = [this](auto handler) { handler_.emplace(std::move(handler)); };
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
        std::move(keep), boost::asio::use_awaitable);
  }

  // Runs whoever waits, up to its next suspension, before it returns; `this` may be gone by then.
  void resume() {
    if (!handler_) return;
    auto handler = std::move(*handler_);
    handler_.reset();
    std::move(handler)();
  }

 private:
  using Handler = boost::asio::async_result<boost::asio::use_awaitable_t<>, void()>::handler_type;
  std::optional<Handler> handler_;
};

}  // namespace objectstore
