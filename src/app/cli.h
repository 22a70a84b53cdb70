// The command line (contract config.md section 1).
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "app/bigtable_command.h"
#include "app/config.h"
#include "app/env_value.h"
#include "app/maintenance_client.h"
#include "runtime/log.h"

namespace objectstore {

// What commands touch of the world; main() gives the real things.
struct CliWorld {
  std::ostream& out;
  std::ostream& err;
  Environment environment;
  // The readiness marker of `down` is tmp/objectstore.down below it.
  std::filesystem::path root = "/";
  std::function<void(std::chrono::seconds)> sleep;
  // The server: returns the exit code.
  std::function<int(const Config&, Logger&)> serve;
  // Scrub and changelog: returns the exit code.
  std::function<int(const Config&, const MaintenanceOrder&, std::ostream&, std::ostream&)> maintain;
  // What is done to Bigtable tables: returns the exit code.
  std::function<int(const Config&, BigtableCommand, std::ostream&, std::ostream&)> bigtable;
};

// Runs the command that `arguments` (without the program's name) ask for; returns the exit code.
[[nodiscard]] int run_cli(const std::vector<std::string>& arguments, CliWorld& world);

}  // namespace objectstore
