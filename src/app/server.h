// The server process from configuration to graceful stop.
#pragma once

#include "app/config.h"
#include "runtime/log.h"

namespace objectstore {

// Serves until a signal asks for an end. Returns the exit code: 0 after a graceful stop, 1 on
// error, which has been logged.
[[nodiscard]] int run_server(const Config& config, Logger& logger);

}  // namespace objectstore
