// Reading and writing one accepted socket with time-outs, with TLS or without.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <optional>
#include <string>

#include "http/connection_table.h"
#include "http/gather.h"
#include "http/pace.h"
#include "http/tls_stream.h"
#include "runtime/task.h"

namespace objectstore {

enum class IoOutcome : std::uint8_t {
  ok,
  end,  // the client sends no more
  timed_out,
  released,  // the server stops and the client had asked for nothing
  failed,    // the connection is broken
};

// One coroutine reads and one writes at a time, on the loop of the table.
class SocketIo final : public Watched {
 public:
  // Sets TCP_NODELAY: a response in two writes would otherwise wait for a delayed acknowledgement.
  SocketIo(boost::asio::ip::tcp::socket socket, ConnectionTable& table);
  ~SocketIo() override;
  SocketIo(const SocketIo&) = delete;
  SocketIo& operator=(const SocketIo&) = delete;

  // Before anything else where the listener speaks TLS; all that follows is encrypted then. A
  // stopping server ends it with `released`. Where it fails the connection is over, in good order.
  [[nodiscard]] Task<IoOutcome> handshake(const ServerTls& tls, Duration timeout);
  // Why handshake() failed, for people.
  [[nodiscard]] const std::string& tls_failure() const { return tls_->failure(); }

  // Time-out of the reads that follow, until the next call of any of these.
  void arm(Duration timeout);
  // The same for one read: no longer than `stall`, and shorter where the client has fallen behind.
  void arm_paced(Duration stall);
  void disarm();
  // A new request: how slow the client was in the one before does not count any more.
  void renew_pace() { pace_.renew(); }

  struct ReadResult {
    IoOutcome outcome = IoOutcome::ok;
    std::size_t size = 0;  // > 0 where ok
  };
  [[nodiscard]] Task<ReadResult> read_some(char* data, std::size_t capacity) {
    return tls_ ? read_tls(data, capacity) : read_plain(data, capacity);
  }
  // The same for the first bytes of a request: a stopping server ends it with `released`.
  [[nodiscard]] Task<ReadResult> read_when_idle(char* data, std::size_t capacity);

  // Writes what the socket takes at once. What it did not take is left in `pieces`.
  [[nodiscard]] IoOutcome write_now(Gather& pieces);
  // Writes the rest; `stall` bounds the time in which the client takes nothing.
  [[nodiscard]] Task<IoOutcome> write_rest(Gather& pieces, Duration stall) {
    return tls_ ? write_rest_tls(pieces, stall) : write_rest_plain(pieces, stall);
  }

  // The client sees that nothing follows. Waits where TLS must say so and can't at once.
  [[nodiscard]] Task<void> shutdown_send(Duration timeout);
  // The client sees a reset, never a complete-looking response.
  void abort() override;

 private:
  struct Wait {
    MonotonicTime deadline = never;
    bool expired = false;
  };

  void expire() override;
  void release_if_idle() override;

  void set_deadline(Wait& wait, Duration timeout);
  void clear_deadline(Wait& wait);
  void received(std::size_t bytes);
  // Why an operation ended; unset: the other direction's time-out ended it, so it is done again.
  std::optional<IoOutcome> why_ended(Wait& wait, boost::system::error_code error);

  Task<ReadResult> read_plain(char* data, std::size_t capacity);
  Task<ReadResult> read_tls(char* data, std::size_t capacity);
  ReadResult read_now(char* data, std::size_t capacity);
  Task<IoOutcome> write_rest_plain(Gather& pieces, Duration stall);
  Task<IoOutcome> write_rest_tls(Gather& pieces, Duration stall);
  // Until the socket is as the state wants it.
  Task<IoOutcome> wait_for(TlsStream::State state, Wait& wait);
  Task<void> drop_input(std::size_t most);

  boost::asio::ip::tcp::socket socket_;
  ConnectionTable& table_;
  std::unique_ptr<TlsStream> tls_;
  Wait reading_;
  Wait writing_;
  Pace pace_;
  Duration stall_{};  // not zero: reading is paced
  MonotonicTime since_{};
  unsigned reads_in_a_row_ = 0;  // without a turn of the loop
  bool idle_ = false;
  bool released_ = false;
};

}  // namespace objectstore
