// `objectstore bigtable setup` and `strip`: what is done to tables rather than to their rows.
#pragma once

#include <cstdint>
#include <iosfwd>

#include "app/config.h"

namespace objectstore {

enum class BigtableCommand : std::uint8_t {
  setup,  // creates the tables and families that are missing
  strip,  // takes out of the rows what only this program understands
};

// For each table that `config` names; tells on `out` what was done. Returns the exit code, 0 or 1.
[[nodiscard]] int run_bigtable_command(const Config& config, BigtableCommand command,
                                       std::ostream& out, std::ostream& err);

}  // namespace objectstore
