// libcurl's multi interface on an Asio executor: curl says which sockets and what time it waits
// for, Asio tells it when they are due.
#pragma once

#include <curl/curl.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <map>
#include <memory>

#include "net/alarms.h"
#include "runtime/clock.h"

namespace objectstore {

// One request as the loop sees it.
class CurlTransfer {
 public:
  // Called once, outside of curl's own callbacks, when the transfer is over and no longer part of
  // the loop. Must not destroy anything of curl's.
  virtual void finished(CURLcode result) = 0;

 protected:
  ~CurlTransfer() = default;
};

struct CurlLimits {
  long connections_per_host = 0;  // requests above it wait; 0: no limit
  long connections = 0;
  long idle_connections = 0;  // kept alive
};

// Single-threaded: everything happens on `executor`. Held by each of its transfers, and by its own
// work between start() and stop().
class CurlLoop : public std::enable_shared_from_this<CurlLoop> {
 public:
  // `machine_clock` is a clock that runs as the machine's does, for curl measures its time-outs by
  // the latter.
  // `clock` is for the alarms of the transfers.
  CurlLoop(const boost::asio::any_io_executor& executor, Clock& clock, Clock& machine_clock,
           CurlLimits limits);
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  void start();
  // Timers stop; no transfer may be left, nor come.
  void stop();

  // `easy` with its CurlTransfer: it and the transfer live until finished() or remove(). False:
  // curl has no memory.
  [[nodiscard]] bool add(CURL* easy, CurlTransfer& transfer);
  // Cancels a transfer that has not finished; its connection is closed if it was used already.
  void remove(CURL* easy);

  // On the clock that the transfers go by.
  [[nodiscard]] Alarms& alarms() { return alarms_; }

 private:
  struct Timer final : Alarm {
    explicit Timer(CurlLoop& owner) : loop(owner) {}
    void ring() override { loop.act(CURL_SOCKET_TIMEOUT, 0); }
    CurlLoop& loop;
  };
  struct Watch;
  using Watches = std::map<curl_socket_t, std::shared_ptr<Watch>>;

  static Task<void> run(std::shared_ptr<CurlLoop> loop, Alarms& alarms);
  static int on_socket(CURL* easy, curl_socket_t fd, int what, void* self, void* known);
  static int on_timer(CURLM* multi, long timeout_ms, void* self);
  [[nodiscard]] bool watch(curl_socket_t fd, int what, bool known);
  void unwatch(curl_socket_t fd);
  void wait(const std::shared_ptr<Watch>& watch, int direction);
  void ready(const std::shared_ptr<Watch>& watch, int direction);
  void set_timer(long timeout_ms);
  void act(curl_socket_t fd, int directions);
  void collect_finished();

  boost::asio::any_io_executor executor_;
  CURLM* multi_;
  Watches watches_;
  Alarms alarms_;
  Alarms machine_alarms_;
  Timer timer_;
  bool kick_posted_ = false;
};

}  // namespace objectstore
