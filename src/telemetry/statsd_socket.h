// The socket that payloads leave by. Never blocks, never waits: what can't go now is the caller's
// to drop.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "telemetry/statsd_target.h"

namespace objectstore {

// Used by one thread at a time.
class StatsdSocket {
 public:
  // Looks the host up, which may block; reaches out to nobody. Errors: invalid_argument.
  [[nodiscard]] static Result<StatsdSocket> open(const StatsdTarget& target);
  StatsdSocket(StatsdSocket&& other) noexcept;
  StatsdSocket& operator=(StatsdSocket&&) = delete;
  ~StatsdSocket();

  enum class Sent : std::uint8_t {
    yes,
    full,    // the receiver is behind: later, perhaps
    failed,  // nobody is there; the next call connects anew
  };
  // The payload as a whole, or nothing of it; on a stream, behind its length (32 bits, low byte
  // first), and a part of it may follow with the next call.
  [[nodiscard]] Sent send(std::string_view payload);
  // Of the last call that did not succeed.
  [[nodiscard]] int error() const { return error_; }

 private:
  explicit StatsdSocket(bool stream) : stream_(stream) {}
  [[nodiscard]] bool connect();
  [[nodiscard]] Sent send_unsent();
  // Of an `errno`.
  Sent fail(int error);
  void close();

  bool stream_;
  sockaddr_storage address_{};
  socklen_t address_size_ = 0;
  int descriptor_ = -1;
  int error_ = 0;
  std::string unsent_;  // the rest of a frame that the stream has begun with
};

}  // namespace objectstore
