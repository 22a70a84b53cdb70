#include "changelog/upload_hold.h"

#include <boost/asio/this_coro.hpp>

namespace objectstore {

Task<void> UploadHold::start() {
  const auto executor = co_await boost::asio::this_coro::executor;
  beating_.spawn(executor, beat_until_stopped());
}

Task<void> UploadHold::stop() {
  beating_.request_stop();
  co_await beating_.join();
}

Task<void> UploadHold::beat_until_stopped() {
  while (true) {
    co_await clock_.sleep_for(entries_.heartbeat());
    const bool stopping = co_await stop_requested();
    if (stopping) co_return;
    LogEntry next = entry_;
    const auto moved = co_await entries_.move(entry_, next, unix_ms(clock_.now()));
    if (moved.ok() && *moved) {
      entry_ = std::move(next);
      continue;
    }
    valid_ = false;
    logger_.error("the completion of an upload could not be kept alive",
                  {{"change", entry_.change.id.str()},
                   {"error", moved.ok() ? "somebody else acts on it" : moved.error().describe()}});
    co_return;
  }
}

}  // namespace objectstore
