// Reading and writing one accepted socket with time-outs.
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <string_view>

#include "http/connection_table.h"
#include "runtime/task.h"

namespace objectstore {

enum class IoOutcome : std::uint8_t {
  ok,
  end,  // the client sends no more
  timed_out,
  released,  // the server stops and the client had asked for nothing
  failed,    // the connection is broken
};

// Pieces of memory written as one.
class Gather {
 public:
  void add(std::string_view piece);
  [[nodiscard]] bool empty() const { return first_ == count_; }
  [[nodiscard]] std::size_t size() const { return count_ - first_; }
  void consume(std::size_t bytes);

  using const_iterator = const boost::asio::const_buffer*;
  using value_type = boost::asio::const_buffer;
  [[nodiscard]] const_iterator begin() const { return pieces_.data() + first_; }
  [[nodiscard]] const_iterator end() const { return pieces_.data() + count_; }

 private:
  std::array<boost::asio::const_buffer, 4> pieces_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

// One coroutine uses it at a time, on the loop of its table.
class SocketIo final : public Watched {
 public:
  // Sets TCP_NODELAY: a response in two writes would otherwise wait for a delayed acknowledgement.
  SocketIo(boost::asio::ip::tcp::socket socket, ConnectionTable& table);
  ~SocketIo() override;
  SocketIo(const SocketIo&) = delete;
  SocketIo& operator=(const SocketIo&) = delete;

  // Time-out for what follows, until the next call of either. Reads don't set one of their own.
  void arm(Duration timeout) { deadline_ = table_.deadline_after(timeout); }
  void disarm() { deadline_ = never; }

  struct ReadResult {
    IoOutcome outcome = IoOutcome::ok;
    std::size_t size = 0;  // > 0 where ok
  };
  [[nodiscard]] Task<ReadResult> read_some(char* data, std::size_t capacity);
  // The same for the first bytes of a request: a stopping server ends it with `released`.
  [[nodiscard]] Task<ReadResult> read_when_idle(char* data, std::size_t capacity);

  // Writes what the socket takes at once. What it did not take is left in `pieces`.
  [[nodiscard]] IoOutcome write_now(Gather& pieces);
  // Writes the rest; `stall` bounds the time in which the client takes nothing.
  [[nodiscard]] Task<IoOutcome> write_rest(Gather& pieces, Duration stall);

  void shutdown_send();
  // The client sees a reset, never a complete-looking response.
  void abort() override;

 private:
  void expire() override;
  void release_if_idle() override;
  IoOutcome why_ended(boost::system::error_code error);

  boost::asio::ip::tcp::socket socket_;
  ConnectionTable& table_;
  bool expired_ = false;
  bool idle_ = false;
  bool released_ = false;
};

}  // namespace objectstore
