#include "tiered/context.h"

#include <boost/asio/this_coro.hpp>

namespace objectstore {

namespace {

Task<void> holding(Semaphore::Permit permit, Task<void> task) {
  co_await std::move(task);
  permit.release();
}

}  // namespace

Task<void> TieredContext::run_in_background(Task<void> task) {
  const auto executor = co_await boost::asio::this_coro::executor;
  auto permit = co_await background_places.acquire();
  background.spawn(executor, holding(std::move(permit), std::move(task)));
}

Task<void> TieredContext::try_in_background(Task<void> task) {
  const auto executor = co_await boost::asio::this_coro::executor;
  auto permit = background_places.try_acquire();
  if (permit) background.spawn(executor, holding(std::move(permit), std::move(task)));
}

Task<bool> TieredContext::pause(Backoff& backoff, MonotonicTime deadline) {
  if (clock.monotonic_now() >= deadline) co_return false;
  co_await clock.sleep_for(backoff.next());
  const bool stopping = co_await stop_requested();
  // The process may have stood still for days meanwhile.
  co_return !stopping && clock.monotonic_now() < deadline;
}

Task<Result<Row>> TieredContext::read_row(const std::string& key, RowPart part,
                                          MonotonicTime deadline) {
  Backoff backoff(settings.backoff, random);
  while (true) {
    auto row = co_await rows.read(key, part);
    if (row.ok()) {
      stamps.observe(row->stamp);
      co_return row;
    }
    if (!row.error().retryable()) co_return row;
    const bool again = co_await pause(backoff, deadline);
    if (!again) co_return row;
  }
}

}  // namespace objectstore
