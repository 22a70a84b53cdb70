// The HTTP listener: HTTP/1.1 and 1.0 over TCP or TLS (http-api.md section 1).
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "http/endpoints.h"
#include "http/settings.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/random.h"

namespace objectstore {

// Connections are spread over the given loops by the kernel (SO_REUSEPORT) and stay on theirs.
//
// What is passed by reference, and the loops, outlive the server; once listen() has succeeded,
// stop() has completed before the server is destroyed.
class Server {
 public:
  Server(ServerSettings settings, const ServiceParts& parts);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Binds one socket a loop and begins to serve. Each loop is run by exactly one thread. Call once.
  // Error: "failed to start TCP listener" with its cause.
  [[nodiscard]] Result<void> listen(std::span<boost::asio::io_context* const> loops);
  // The port that was bound.
  [[nodiscard]] std::uint16_t port() const { return settings_.port; }

  // Stops accepting, ends idle connections, waits for requests in flight (drain_limit bounds what
  // clients can make it wait; an operation of the store is always waited for). The loops must run.
  [[nodiscard]] Task<void> stop();

  [[nodiscard]] std::uint64_t requests_in_flight() { return endpoints_.in_flight().count(); }

 private:
  class Worker;

  ServerSettings settings_;
  Endpoints endpoints_;
  Clock& clock_;
  Random& random_;
  Logger& logger_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace objectstore
