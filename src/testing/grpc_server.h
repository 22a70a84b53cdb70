// A gRPC server on a loopback port (or a Unix socket), whose every frame a test decides.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/rpc.h"

namespace boost::asio::ssl {
class context;
}

namespace objectstore::testing {

struct GrpcServerOptions {
  std::optional<std::uint32_t> max_concurrent_streams;
  std::optional<std::uint32_t> window;  // what the client may send ahead; HTTP/2's own: 65535
  bool silent = false;                  // never writes a byte
  bool reads = true;                    // else not before start_reading()
  bool answers_pings = true;
  std::string unix_path;                     // listens there instead of on a port
  boost::asio::ssl::context* tls = nullptr;  // outlives the server
};

// A call as the server sees it. What is said in it is sent in this order; nothing by itself.
class GrpcServerCall {
 public:
  virtual ~GrpcServerCall() = default;

  std::string path;
  RpcMetadata headers;                // as received, pseudo headers too
  std::vector<std::string> messages;  // complete ones
  bool ended = false;                 // the client has said everything
  std::optional<std::uint32_t> reset_by_client;
  std::int32_t stream = 0;
  std::size_t connection = 0;  // counted from 0
  std::size_t bytes_sent = 0;  // of the body

  // Of the first such header; empty: there is none.
  [[nodiscard]] std::string header(std::string_view name) const;

  // The whole header block: ":status" first. `ends`: nothing follows.
  virtual void respond(RpcMetadata headers, bool ends) = 0;
  // Bytes of the body, as one DATA frame if they fit.
  virtual void data(std::string bytes) = 0;
  virtual void trailers(RpcMetadata headers) = 0;
  virtual void reset(std::uint32_t error) = 0;

  // In the terms of gRPC.
  void begin(const RpcMetadata& extra = {});
  void message(std::string_view bytes);
  void finish(RpcCode code, const std::string& text = {}, const RpcMetadata& extra = {});
  void reply(std::string_view bytes);  // begin, one message, ok
  void fail(RpcCode code, const std::string& text = {}, const RpcMetadata& extra = {});
};

// Runs on one executor with one thread; everything is called there.
class GrpcServer {
 public:
  // Called when the client has said everything.
  using Handler = std::function<void(GrpcServerCall& call)>;

  explicit GrpcServer(const boost::asio::any_io_executor& executor, Handler handler = {},
                      GrpcServerOptions options = {});
  // Closes everything.
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // "127.0.0.1:port", or "unix://path"
  [[nodiscard]] std::string target() const;
  [[nodiscard]] std::uint16_t port() const;

  // Calls in the order in which they came, whatever became of them.
  [[nodiscard]] std::size_t calls() const;
  [[nodiscard]] GrpcServerCall& call(std::size_t index);
  [[nodiscard]] std::size_t connections() const;       // ever accepted
  [[nodiscard]] std::size_t open_connections() const;  // whose end was not seen yet
  [[nodiscard]] std::size_t pings() const;
  [[nodiscard]] std::size_t handshake_failures() const;

  // On the newest connection.
  void go_away(std::int32_t last_stream, std::uint32_t error, std::string_view debug = {});
  void send_raw(std::string_view bytes);
  // Of all connections.
  void start_reading();
  void close_connections();
  // Accepts no more.
  void stop_listening();

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace objectstore::testing
