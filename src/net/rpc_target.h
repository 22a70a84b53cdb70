// Where a service listens.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace objectstore {

struct RpcTarget {
  std::string text;       // as configured, for messages
  std::string host;       // a name or an address without brackets; empty for a Unix socket
  std::string port;       // decimal, 1 to 65535; empty for a Unix socket
  std::string unix_path;  // else empty

  // What goes into :authority; a port is left out where it is the usual one of https.
  [[nodiscard]] std::string authority() const;
};

// "host:port", "[v6 address]:port", "unix:///path" or "unix:/path"; Error invalid_argument.
[[nodiscard]] Result<RpcTarget> parse_rpc_target(std::string_view text);

}  // namespace objectstore
