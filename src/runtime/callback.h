// Waiting for something that reports by a call: a pool thread, an engine, a simulated event.
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>

#include "runtime/task.h"

namespace objectstore {

// The right to resume one waiting coroutine with a T, once, from any thread: it goes on on its own
// executor. Dropped unused, it leaves the coroutine suspended for good, which only a simulated
// crash may do.
template <class T>
class Completer {
 public:
  Completer() = default;

  template <class Handler>
  explicit Completer(Handler handler)
      : impl_(std::make_unique<Impl<Handler>>(std::move(handler))) {}

  explicit operator bool() const { return impl_ != nullptr; }

  void complete(T value) { std::exchange(impl_, nullptr)->complete(std::move(value)); }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual void complete(T value) = 0;
  };
  template <class Handler>
  struct Impl final : Base {
    explicit Impl(Handler h)
        : executor(boost::asio::get_associated_executor(h)), handler(std::move(h)) {}
    void complete(T value) override {
      boost::asio::post(executor, [h = std::move(handler), v = std::move(value)]() mutable {
        std::move(h)(std::move(v));
      });
    }
    boost::asio::associated_executor_t<Handler> executor;
    Handler handler;
  };
  std::unique_ptr<Base> impl_;
};

// Suspends the caller, then calls `start(Completer<T>)`; goes on with what the completer is given.
// `start` may complete at once.
template <class T, class Start>
[[nodiscard]] Task<T> await_callback(Start start) {
  auto initiate = [](auto handler, Start inner) { inner(Completer<T>(std::move(handler))); };
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(T)>(
      std::move(initiate), boost::asio::use_awaitable, std::move(start));
}

}  // namespace objectstore
