#include "http/connection_table.h"

#include "http/response.h"
#include "runtime/task_scope.h"

namespace objectstore {

ConnectionTable::ConnectionTable(Clock& clock) : clock_(clock) {
  refresh();
}

Task<void> ConnectionTable::watch() {
  for (;;) {
    co_await clock_.sleep_until(now_ + tick);
    const bool stopping = co_await stop_requested();
    if (stopping) co_return;
    refresh();
    sweep();
  }
}

void ConnectionTable::refresh() {
  now_ = clock_.monotonic_now();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(clock_.now());
  date_ = format_http_date(seconds.time_since_epoch().count());
}

// What is called here only cancels or closes sockets: their coroutines go on later, so the table
// does not change meanwhile.
void ConnectionTable::sweep() {
  const bool abort_all = now_ >= abort_at_;
  for (auto* watched : watched_) {
    if (abort_all) {
      watched->abort();
    } else if (watched->deadline_ <= now_) {
      watched->expire();
    }
  }
}

void ConnectionTable::add(Watched& watched) {
  watched.index_ = watched_.size();
  watched_.push_back(&watched);
}

void ConnectionTable::remove(Watched& watched) {
  auto* last = watched_.back();
  watched_[watched.index_] = last;
  last->index_ = watched.index_;
  watched_.pop_back();
}

void ConnectionTable::stop(std::optional<Duration> limit) {
  stopping_ = true;
  if (limit) abort_at_ = deadline_after(*limit);
  for (auto* watched : watched_)
    watched->release_if_idle();
}

}  // namespace objectstore
