// The body of one request as a stream, read from the connection when it is asked for.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "http/request_parser.h"
#include "http/settings.h"
#include "http/socket_io.h"
#include "runtime/byte_stream.h"

namespace objectstore {

// Holds one buffer of at most `buffer_bytes`, from the first read of the socket to the body's end.
// Errors of next(): client_stream, where the body is malformed, ends early or stalls.
class RequestBody final : public ByteStream {
 public:
  static constexpr std::size_t buffer_bytes = std::size_t{128} << 10;
  // A rest of this size that the client has announced is read and dropped to keep the connection.
  static constexpr std::uint64_t drain_bytes = std::uint64_t{64} << 10;

  RequestBody(SocketIo& io, RequestParser& parser, const ServerSettings& settings)
      : io_(io), parser_(parser), settings_(settings) {}

  // For each request. `received`: what came behind the head; it stays where it is until the end.
  void begin(std::string_view received, const RequestHead& head);

  [[nodiscard]] Task<Result<std::string_view>> next() override;

  // Whether all of the body has come.
  [[nodiscard]] bool done() const { return !broken_ && parser_.body_done(); }
  [[nodiscard]] bool broken() const { return broken_; }
  // Whether it is done or drain() is worth trying.
  [[nodiscard]] bool can_finish() const;
  // Reads the rest and drops it. False: the connection can't be used further.
  [[nodiscard]] Task<bool> drain();
  // What was received and not parsed: where done(), what lies behind the end of the body.
  [[nodiscard]] std::string_view received_beyond() const { return window_; }
  void release_buffer();

 private:
  [[nodiscard]] Task<Result<void>> fill();
  [[nodiscard]] Task<Result<void>> send_continue();
  Error fail(std::string why);

  SocketIo& io_;
  RequestParser& parser_;
  const ServerSettings& settings_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::string_view window_;  // received, not yet parsed; in buffer_ or where begin() was told
  bool continue_pending_ = false;
  bool begun_ = false;  // some of it came behind the head
  bool draining_ = false;
  bool broken_ = false;
};

}  // namespace objectstore
