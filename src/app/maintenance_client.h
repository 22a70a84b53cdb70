// The command line's end of a maintenance command: asks the server that has the store open, or
// opens the store itself where none has.
#pragma once

#include <iosfwd>
#include <string>

#include "app/config.h"
#include "app/maintenance_protocol.h"

namespace objectstore {

struct MaintenanceOrder {
  MaintenanceCommand command;
  bool json = false;
  std::string command_line;  // as it was given, without --resume
};

// Runs the command to its end, or until SIGINT or SIGTERM; returns the exit code.
[[nodiscard]] int run_maintenance(const Config& config, const MaintenanceOrder& order,
                                  std::ostream& out, std::ostream& err);

}  // namespace objectstore
