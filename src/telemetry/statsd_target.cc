#include "telemetry/statsd_target.h"

#include <sys/un.h>

#include <algorithm>
#include <utility>

#include "base/port.h"

namespace objectstore {

namespace {

constexpr std::string_view stream_scheme = "unix://";
constexpr std::string_view datagram_scheme = "unixgram://";

Error refused(std::string_view address, std::string_view why) {
  std::string text = "metrics.addr `";
  text.append(address).append("`: ").append(why);
  return Error(ErrorCode::invalid_argument, std::move(text));
}

Result<StatsdTarget> socket_at(std::string_view address, std::string_view path,
                               StatsdTarget::Transport transport) {
  constexpr auto longest = sizeof(sockaddr_un::sun_path) - 1;
  if (path.empty()) return refused(address, "the path of the socket is missing");
  if (path.size() > longest) {
    return refused(address, "the path is longer than the " + std::to_string(longest) +
                                " bytes that a socket's can have");
  }
  StatsdTarget target;
  target.transport = transport;
  target.path = path;
  return target;
}

}  // namespace

std::string StatsdTarget::describe() const {
  switch (transport) {
    case Transport::udp:
      break;
    case Transport::unix_stream:
      return std::string(stream_scheme) + path;
    case Transport::unix_datagram:
      return std::string(datagram_scheme) + path;
  }
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? '[' + host + ']' : host) + ':' + port;
}

Result<StatsdTarget> parse_statsd_target(std::string_view address) {
  if (address.starts_with(stream_scheme)) {
    return socket_at(address, address.substr(stream_scheme.size()),
                     StatsdTarget::Transport::unix_stream);
  }
  if (address.starts_with(datagram_scheme)) {
    return socket_at(address, address.substr(datagram_scheme.size()),
                     StatsdTarget::Transport::unix_datagram);
  }
  if (address.find("://") != std::string_view::npos) {
    return refused(address, "only host:port, unix://path and unixgram://path can be sent to");
  }
  const auto colon = address.rfind(':');
  if (colon == std::string_view::npos || !is_port(address.substr(colon + 1))) {
    return refused(address, "a port from 1 to 65535 must follow the host, as in localhost:8125");
  }
  StatsdTarget target;
  target.host = address.substr(0, colon);
  target.port = address.substr(colon + 1);
  if (target.host.starts_with('[') && target.host.ends_with(']')) {
    target.host = target.host.substr(1, target.host.size() - 2);
  } else if (target.host.find(':') != std::string::npos) {
    return refused(address, "an address of IP version 6 stands in brackets, as in [::1]:8125");
  }
  if (target.host.empty()) return refused(address, "the host is missing");
  return target;
}

}  // namespace objectstore
