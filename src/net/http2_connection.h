// One HTTP/2 connection to a gRPC server: its socket, TLS, and whether it is alive.
//
// Lives on one executor with one thread; everything is called there. What one turn of the loop has
// to send goes out in one write.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/alarms.h"
#include "net/http2_session.h"
#include "net/rpc.h"
#include "net/rpc_target.h"
#include "net/tls_session.h"

namespace objectstore {

struct Http2ConnectionSettings {
  RpcTarget target;
  std::shared_ptr<const TlsContext> tls;  // null: plain text
  Http2SessionSettings session;           // scheme and authority are filled in
  Duration connect_timeout = std::chrono::seconds(10);
  // A PING goes out where nothing came for this long while calls are open…
  Duration keepalive_interval = std::chrono::seconds(30);
  // …and where still nothing comes for this long, the connection is given up.
  Duration keepalive_timeout = std::chrono::seconds(10);
};

class Http2Connection final : public std::enable_shared_from_this<Http2Connection> {
 public:
  // `alarms` outlives the connection's use: until close(), or the end of serve().
  Http2Connection(boost::asio::any_io_executor executor, Http2ConnectionSettings settings,
                  Alarms& alarms, std::shared_ptr<std::atomic<std::size_t>> load);
  ~Http2Connection();
  Http2Connection(const Http2Connection&) = delete;
  Http2Connection& operator=(const Http2Connection&) = delete;

  // Resolves, connects, shakes hands, and waits for the server's SETTINGS. Called once. An error
  // says "can't connect to HOST:PORT: why"; the connection is closed then.
  [[nodiscard]] Task<Result<void>> open();
  // Reads until the connection ends. Called once, after open(). Returns why it ended.
  [[nodiscard]] Task<std::string> serve();

  // Between open() and the end, while the server takes calls.
  [[nodiscard]] bool takes_calls() const { return open_ && session_ && session_->takes_calls(); }
  // Precondition: takes_calls(). `authorization` null: none.
  [[nodiscard]] std::unique_ptr<RpcCall> start(RpcRequest request,
                                               std::shared_ptr<const std::string> authorization);

  // Takes no more calls, and closes once those under way have ended.
  void drain();
  // Closes at once; calls under way end with `code`. Idempotent.
  void close(RpcCode code, std::string why);

 private:
  class Keepalive final : public Alarm {
   public:
    explicit Keepalive(Http2Connection& owner) : owner_(owner) {}
    void ring() override { owner_.check_alive(); }

   private:
    Http2Connection& owner_;
  };
  class ConnectTimeout final : public Alarm {
   public:
    explicit ConnectTimeout(Http2Connection& owner) : owner_(owner) {}
    void ring() override { owner_.close(RpcCode::unavailable, "timed out"); }

   private:
    Http2Connection& owner_;
  };

  // The steps of open(); each leaves a connection that was closed meanwhile alone.
  [[nodiscard]] Task<Result<void>> connect();
  [[nodiscard]] Task<Result<void>> connect_to_host();
  [[nodiscard]] Task<boost::system::error_code> connect_socket(
      boost::asio::generic::stream_protocol::endpoint endpoint);
  [[nodiscard]] Task<Result<void>> shake_hands();
  [[nodiscard]] Task<Result<void>> await_greeting();
  [[nodiscard]] Task<Result<void>> send_output();  // of the handshake

  // Reads once and handles what came; false: the connection has ended.
  [[nodiscard]] Task<bool> read();
  void handle(std::string_view wire);
  void schedule_flush();
  void flush();
  // What the session has to say, as bytes for the wire in unsent_; false: nothing.
  [[nodiscard]] bool fill();
  void await_writable();
  void check_alive();
  [[nodiscard]] std::uint64_t handed_over() const;

  boost::asio::any_io_executor executor_;
  Http2ConnectionSettings settings_;
  Alarms& alarms_;
  std::shared_ptr<std::atomic<std::size_t>> load_;
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::generic::stream_protocol::socket socket_;
  std::unique_ptr<TlsSession> tls_;
  std::shared_ptr<Http2Session> session_;

  std::vector<char> read_buffer_;
  std::string plain_;   // decrypted
  std::string unsent_;  // for the wire, from sent_ on
  std::size_t sent_ = 0;
  std::string produced_;  // not encrypted yet

  bool open_ = false;
  bool closed_ = false;
  bool in_turn_ = false;  // the turn ends with a flush
  bool flush_posted_ = false;
  bool blocked_ = false;  // the socket takes no more for now
  std::string why_closed_;
  MonotonicTime last_heard_;
  bool pinged_ = false;
  Keepalive keepalive_{*this};
  ConnectTimeout connect_timeout_{*this};
};

}  // namespace objectstore
