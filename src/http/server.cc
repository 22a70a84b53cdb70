#include "http/server.h"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "http/connection.h"
#include "http/connection_table.h"
#include "runtime/backoff.h"
#include "runtime/task_scope.h"

namespace objectstore {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr int listen_backlog = 1024;
constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

Error cannot_listen(std::string why, ErrorCode code = ErrorCode::io) {
  return Error(code, std::move(why)).wrap("failed to start TCP listener");
}

}  // namespace

// What the server has on one loop. Everything but bind() and start() runs on that loop.
class Server::Worker {
 public:
  Worker(Server& server, asio::io_context& loop)
      : server_(server), loop_(loop), acceptor_(loop), table_(server.clock_) {}

  [[nodiscard]] boost::system::error_code bind(const tcp::endpoint& endpoint) {
    boost::system::error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.set_option(ReusePort(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(listen_backlog, error);
    return error;
  }
  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  [[nodiscard]] asio::io_context::executor_type executor() { return loop_.get_executor(); }

  void start() {
    watching_.spawn(executor(), table_.watch());
    accepting_.spawn(executor(), accept());
  }

  Task<void> stop() {
    accepting_.request_stop();
    co_await accepting_.join();
    table_.stop(server_.settings_.drain_limit);
    accept_rest();
    co_await connections_.join();
    watching_.request_stop();
    co_await watching_.join();
  }

 private:
  Task<void> accept() {
    Backoff backoff({.initial = std::chrono::milliseconds(50), .longest = std::chrono::seconds(1)},
                    server_.random_);
    while (true) {
      const bool stopping = co_await stop_requested();
      if (stopping) break;
      auto [error, socket] = co_await acceptor_.async_accept(as_values);
      if (!error) {
        serve(std::move(socket));
        backoff.reset();
      } else if (error != asio::error::operation_aborted &&
                 error != asio::error::connection_aborted) {
        // Out of descriptors or memory: the pending connection stays in the queue, so trying again
        // at once would spin.
        server_.logger_.warn("can't accept a connection", {{"error", error.message()}});
        co_await server_.clock_.sleep_for(backoff.next());
      }
    }
  }

  // What the kernel has accepted already would be reset by closing: give it its answer.
  void accept_rest() {
    boost::system::error_code error;
    acceptor_.non_blocking(true, error);
    while (!error) {
      auto socket = acceptor_.accept(error);
      if (!error) serve(std::move(socket));
    }
    acceptor_.close(error);
  }

  void serve(tcp::socket socket) {
    try {
      connections_.spawn(executor(), serve_connection(std::move(socket), table_, server_.endpoints_,
                                                      server_.settings_, server_.logger_));
    } catch (const std::exception& problem) {
      server_.logger_.error("connection dropped", {{"what", problem.what()}});
    }
  }

  Server& server_;
  asio::io_context& loop_;
  tcp::acceptor acceptor_;
  ConnectionTable table_;
  TaskScope accepting_;
  TaskScope connections_;
  TaskScope watching_;
};

Server::Server(ServerSettings settings, const ServiceParts& parts)
    : settings_(std::move(settings)),
      endpoints_(settings_, parts),
      clock_(parts.clock),
      random_(parts.random),
      logger_(parts.logger) {}

Server::~Server() = default;

Result<void> Server::listen(std::span<asio::io_context* const> loops) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(settings_.address, error);
  if (error) {
    return cannot_listen("not an IP address: " + settings_.address, ErrorCode::invalid_argument);
  }
  std::vector<std::unique_ptr<Worker>> workers;
  for (auto* loop : loops) {
    auto worker = std::make_unique<Worker>(*this, *loop);
    error = worker->bind(tcp::endpoint(address, settings_.port));
    if (error) return cannot_listen(error.message());
    settings_.port = worker->port();  // the others bind what the first was given
    workers.push_back(std::move(worker));
  }
  workers_ = std::move(workers);
  for (auto& worker : workers_)
    worker->start();
  return {};
}

Task<void> Server::stop() {
  TaskScope stopping;
  for (auto& worker : workers_)
    stopping.spawn(worker->executor(), worker->stop());
  co_await stopping.join();
}

}  // namespace objectstore
