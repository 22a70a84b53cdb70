// The probe behind `objectstore healthcheck`.
#pragma once

#include <chrono>

#include "app/config.h"
#include "base/result.h"

namespace objectstore {

// Where a probe on the same host reaches a listener: the loopback address for an unspecified one.
[[nodiscard]] ListenAddress probe_address(const ListenAddress& listen);

enum class Scheme : std::uint8_t { http, https };

// GET <scheme>://<listen>/health, whatever certificate is shown. Blocks for at most `timeout` in
// all; an error says why the server counts as unhealthy: no connection, no answer in time, or a
// status that is not 2xx.
[[nodiscard]] Result<void> check_health(const ListenAddress& listen, Scheme scheme,
                                        std::chrono::milliseconds timeout);

}  // namespace objectstore
