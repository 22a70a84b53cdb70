#include "runtime/real_clock.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace objectstore {

namespace asio = boost::asio;

WallTime RealClock::now() const {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

MonotonicTime RealClock::monotonic_now() const {
  return MonotonicTime(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

Task<void> RealClock::sleep_until(MonotonicTime when) {
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  if (cancellation.cancelled() != asio::cancellation_type::none) co_return;
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto executor = co_await asio::this_coro::executor;
  using Timer = asio::steady_timer;
  Timer timer(executor, Timer::time_point(
                            std::chrono::duration_cast<Timer::duration>(when.time_since_epoch())));
  // An error can only mean that the wait was cancelled.
  constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
  co_await timer.async_wait(as_values);
}

}  // namespace objectstore
