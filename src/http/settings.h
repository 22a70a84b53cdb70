// What an operator can set of the HTTP listener.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "runtime/task.h"

namespace objectstore {

class ServerTls;

// Time-outs are kept to within two seconds: see http/connection_table.h.
struct ServerSettings {
  std::string address = "127.0.0.1";     // an IP address, v4 or v6
  std::uint16_t port = 0;                // 0: any free one
  std::shared_ptr<const ServerTls> tls;  // unset: plain TCP
  // Requests in flight at or above which further ones are refused; internal routes never are.
  std::uint64_t max_requests = 10000;
  // From the opening of a connection, or from the first byte of a later head, to the head's end;
  // and before that, where there is TLS, for its handshake.
  Duration head_timeout = std::chrono::seconds(10);
  // How long a connection may wait for its next request.
  Duration keep_alive_timeout = std::chrono::seconds(75);
  // How long a client may send nothing of a body that is being read; http/pace.h bounds how often.
  Duration body_stall_timeout = std::chrono::seconds(30);
  // How long a client may take nothing of a response.
  Duration write_stall_timeout = std::chrono::seconds(30);
  // How long a client that was answered before it had sent all may go on sending.
  Duration lingering_timeout = std::chrono::seconds(5);
  // How long a stopping server waits for requests in flight before it cuts their connections.
  // Unset: for ever.
  std::optional<Duration> drain_limit;
  // While this file exists the process reports itself not ready. Empty: never.
  std::string ready_marker = "/tmp/objectstore.down";
  // Whether the store takes writes; while it does not, the process reports itself not ready. Called
  // on event loops: must not block. Unset: always.
  std::function<bool()> store_is_writable;
  // What /metrics shows. Must not block. Unset: there is no such page.
  std::function<Task<std::string>()> metrics_text;
  // What /openapi.yaml shows. Empty: there is no such page.
  std::string_view openapi;
};

}  // namespace objectstore
