// The probe behind `objectstore healthcheck`.
#pragma once

#include <chrono>

#include "app/config.h"
#include "base/result.h"

namespace objectstore {

// Where a probe on the same host reaches a listener: the loopback address for an unspecified one.
[[nodiscard]] ListenAddress probe_address(const ListenAddress& listen);

// GET http://<listen>/health. Blocks for at most `timeout` in all; an error says why the server
// counts as unhealthy: no connection, no answer in time, or a status that is not 2xx.
[[nodiscard]] Result<void> check_health(const ListenAddress& listen,
                                        std::chrono::milliseconds timeout);

}  // namespace objectstore
