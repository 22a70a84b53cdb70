// Maintenance commands on open storage: behind the control socket of a running server, and in the
// command line's own process where none runs.
#pragma once

#include "app/maintenance_protocol.h"

namespace objectstore {

// Stops early when its scope is asked to, or when nobody reads `output` any more. `parts` and
// `output` outlive it.
[[nodiscard]] Task<void> run_command(ScrubParts parts, MaintenanceCommand command,
                                     CommandOutput& output);

}  // namespace objectstore
