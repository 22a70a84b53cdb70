// Entries put aside, as the change log's table holds them (docs/formats/changelog.md).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backends/bigtable/table_client.h"
#include "changelog/change_log.h"

namespace objectstore::bigtable {

// The reason, then the entry as it lay in the log, then its state unless empty.
[[nodiscard]] std::string encode_quarantined(std::string_view reason, std::string_view value,
                                             std::string_view state);

// A row of the quarantine: a column for each process that put the entry aside, of which the newest
// counts.
struct QuarantineRow {
  QuarantinedEntry entry;
  std::string column;                // of `entry`
  std::vector<std::string> columns;  // all of them
};
// Precondition: the row has a cell.
[[nodiscard]] QuarantineRow decode_quarantine_row(TableRow row);

}  // namespace objectstore::bigtable
