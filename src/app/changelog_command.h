// `objectstore changelog`: looks at the change log, and decides on quarantined entries.
#pragma once

#include "app/maintenance_protocol.h"
#include "changelog/change_log.h"
#include "runtime/clock.h"

namespace objectstore {

// One page of entries in memory. Tells an `entry` for each that was asked for, then `done` or
// `error`.
[[nodiscard]] Task<void> run_changelog_command(ChangeLog& log, Clock& clock,
                                               ChangelogCommand command, CommandOutput& output);

// The events `entry`; `now` makes their ages. Of a quarantined entry, `state` is "quarantined".
[[nodiscard]] MaintenanceEvent entry_event(const ScannedEntry& entry, WallTime now);
[[nodiscard]] MaintenanceEvent entry_event(const QuarantinedEntry& entry, WallTime now);

}  // namespace objectstore
