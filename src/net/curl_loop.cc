#include "net/curl_loop.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "base/assert.h"

namespace objectstore {

namespace asio = boost::asio;

// One of curl's sockets. The descriptor is borrowed: it is released, never closed, here.
struct CurlLoop::Watch {
  Watch(const asio::any_io_executor& executor, curl_socket_t socket)
      : descriptor(executor), fd(socket) {}

  asio::posix::stream_descriptor descriptor;
  curl_socket_t fd;
  int wanted = 0;   // CURL_POLL_IN | CURL_POLL_OUT
  int pending = 0;  // the directions that Asio waits for
  bool gone = false;
};

CurlLoop::CurlLoop(const asio::any_io_executor& executor, Clock& clock, Clock& machine_clock,
                   CurlLimits limits)
    : executor_(executor),
      multi_((curl_global_init(CURL_GLOBAL_DEFAULT), curl_multi_init())),
      alarms_(executor, clock),
      machine_alarms_(executor, machine_clock),
      timer_(*this) {
  OBJECTSTORE_ASSERT(multi_ != nullptr);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlLoop::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlLoop::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
  curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, limits.connections_per_host);
  curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, limits.connections);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, limits.idle_connections);
}

CurlLoop::~CurlLoop() {
  curl_multi_cleanup(multi_);  // closes idle connections and reports their sockets
  while (!watches_.empty())
    unwatch(watches_.begin()->first);
  curl_global_cleanup();
}

Task<void> CurlLoop::run(std::shared_ptr<CurlLoop>, Alarms& alarms) {
  co_await alarms.run();
}

void CurlLoop::start() {
  for (auto* alarms : {&alarms_, &machine_alarms_}) {
    asio::co_spawn(executor_, run(shared_from_this(), *alarms),
                   [](const std::exception_ptr& error) {
                     if (error) std::terminate();  // clocks don't throw
                   });
  }
}

void CurlLoop::stop() {
  alarms_.stop();
  machine_alarms_.stop();
}

bool CurlLoop::add(CURL* easy, CurlTransfer& transfer) {
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  return curl_multi_add_handle(multi_, easy) == CURLM_OK;
}

void CurlLoop::remove(CURL* easy) {
  curl_multi_remove_handle(multi_, easy);
}

int CurlLoop::on_socket(CURL*, curl_socket_t fd, int what, void* self, void* known) {
  auto& loop = *static_cast<CurlLoop*>(self);
  if (what == CURL_POLL_REMOVE) {
    loop.unwatch(fd);
    return 0;
  }
  return loop.watch(fd, what, known != nullptr) ? 0 : -1;
}

bool CurlLoop::watch(curl_socket_t fd, int what, bool known) {
  // A number that curl has not met is a new socket, whatever had it before.
  if (!known) {
    unwatch(fd);
    auto fresh = std::make_shared<Watch>(executor_, fd);
    boost::system::error_code error;
    fresh->descriptor.assign(fd, error);
    if (error) return false;
    watches_.emplace(fd, std::move(fresh));
    curl_multi_assign(multi_, fd, this);
  }
  const auto& watch = watches_.at(fd);
  watch->wanted = what & (CURL_POLL_IN | CURL_POLL_OUT);
  wait(watch, CURL_POLL_IN);
  wait(watch, CURL_POLL_OUT);
  return true;
}

void CurlLoop::unwatch(curl_socket_t fd) {
  const auto found = watches_.find(fd);
  if (found == watches_.end()) return;
  found->second->gone = true;
  found->second->descriptor.release();
  watches_.erase(found);
}

void CurlLoop::wait(const std::shared_ptr<Watch>& watch, int direction) {
  if ((watch->wanted & direction) == 0 || (watch->pending & direction) != 0) return;
  watch->pending |= direction;
  const auto kind = direction == CURL_POLL_IN ? asio::posix::stream_descriptor::wait_read
                                              : asio::posix::stream_descriptor::wait_write;
  watch->descriptor.async_wait(
      kind, [weak = weak_from_this(), watch, direction](boost::system::error_code) {
        if (watch->gone) return;
        if (const auto loop = weak.lock()) loop->ready(watch, direction);
      });
}

void CurlLoop::ready(const std::shared_ptr<Watch>& watch, int direction) {
  watch->pending &= ~direction;
  if ((watch->wanted & direction) == 0) return;  // no longer: the wait was not worth cancelling
  act(watch->fd, direction == CURL_POLL_IN ? CURL_CSELECT_IN : CURL_CSELECT_OUT);
  if (!watch->gone) wait(watch, direction);
}

int CurlLoop::on_timer(CURLM*, long timeout_ms, void* self) {
  static_cast<CurlLoop*>(self)->set_timer(timeout_ms);
  return 0;
}

void CurlLoop::set_timer(long timeout_ms) {
  if (timeout_ms < 0) return timer_.clear();
  if (timeout_ms > 0) {
    return machine_alarms_.set(timer_,
                               machine_alarms_.now() + std::chrono::milliseconds(timeout_ms));
  }
  // Curl can't be called from inside its callback.
  timer_.clear();
  if (std::exchange(kick_posted_, true)) return;
  asio::post(executor_, [weak = weak_from_this()] {
    const auto loop = weak.lock();
    if (!loop) return;
    loop->kick_posted_ = false;
    loop->act(CURL_SOCKET_TIMEOUT, 0);
  });
}

void CurlLoop::act(curl_socket_t fd, int directions) {
  int running = 0;
  curl_multi_socket_action(multi_, fd, directions, &running);
  collect_finished();
}

void CurlLoop::collect_finished() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const auto result = message->data.result;  // the message goes with the handle
    CurlTransfer* transfer = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    curl_multi_remove_handle(multi_, easy);
    transfer->finished(result);
  }
}

}  // namespace objectstore
