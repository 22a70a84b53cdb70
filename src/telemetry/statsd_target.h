// Where metrics are sent to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace objectstore {

struct StatsdTarget {
  enum class Transport : std::uint8_t { udp, unix_stream, unix_datagram };
  Transport transport = Transport::udp;
  std::string host;  // of UDP; without brackets
  std::string port;
  std::string path;  // of a socket

  // As Datadog's clients have it: what fits into an Ethernet frame, or an agent's buffer.
  [[nodiscard]] std::size_t default_buffer_size() const {
    return transport == Transport::udp ? 1432 : 8192;
  }
  [[nodiscard]] std::size_t largest_buffer_size() const {
    return transport == Transport::udp ? 65'507 : 1 << 20;
  }
  [[nodiscard]] std::string describe() const;
};

// `host:port`, `[v6]:port`, `unix://path` (a stream) or `unixgram://path`; invalid_argument.
[[nodiscard]] Result<StatsdTarget> parse_statsd_target(std::string_view address);

}  // namespace objectstore
