// The server's side of TLS on one accepted socket. Never waits: says what there is to wait for.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

#include "http/gather.h"
#include "http/tls_context.h"

namespace objectstore {

// Not thread-safe. After `failed` nothing can be read or written any more.
class TlsStream {
 public:
  enum class State : std::uint8_t {
    ok,
    want_read,   // again when the socket can be read
    want_write,  // again when it can be written
    end,         // the client has said that it sends no more
    failed,      // TLS is violated, or the socket ended or broke
  };

  // `socket` does not block, and outlives the stream.
  TlsStream(SslHandle ssl, boost::asio::ip::tcp::socket& socket);

  [[nodiscard]] State handshake();

  struct Read {
    State state = State::ok;
    std::size_t size = 0;  // > 0 where ok
  };
  [[nodiscard]] Read read(char* data, std::size_t capacity);

  // Consumes what the socket took; while that was not all, the next write goes on with the rest of
  // the same pieces. Small pieces share a record.
  [[nodiscard]] State write(Gather& pieces);

  // Says that the server sends no more; pointless where a write is unfinished. Never `end`.
  [[nodiscard]] State close_notify();

  // Why it `failed`, for people.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  State state_of(int result);

  SslHandle ssl_;
  bool failed_ = false;
  std::string failure_;
};

}  // namespace objectstore
