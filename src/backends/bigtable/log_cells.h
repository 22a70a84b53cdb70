// Entries as the change log's table holds them (docs/formats/bigtable-rows.md): the filters that
// find them and the mutations that write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/bigtable/table_client.h"
#include "changelog/change_log.h"

namespace objectstore::bigtable {

// An entry as it lies in its row; one of the texts may be missing and is empty then.
struct LogCells {
  std::int64_t time_us = 0;  // both are written with the same
  std::string text;
  std::string state;
};
[[nodiscard]] LogCells log_cells_of(const LogEntry& entry, EntryTime time);
// nullopt: of a later version, of which not everything is known.
[[nodiscard]] std::optional<LogCells> log_cells_of(const ScannedEntry& entry);
// Of the newest cells of a row, as entry_cells() lets them pass; nullopt: it holds no entry.
[[nodiscard]] std::optional<LogCells> log_cells_of(TableRow row);

// ---- filters. One object for the life of the program, where a reference is returned.

// All that lies in a row of the quarantine.
[[nodiscard]] const wire::RowFilter& log_family_cells();
// The newest cells of an entry; those of entries with an earlier time.
[[nodiscard]] const wire::RowFilter& entry_cells();
[[nodiscard]] wire::RowFilter entries_before(EntryTime before);
[[nodiscard]] wire::RowFilter column_exists(std::string_view column);
// The row holds the entry exactly as it was seen: of that time and, where it has one, that state.
[[nodiscard]] wire::RowFilter entry_is(const LogCells& seen);
// It holds an entry with that state, which has a text, whatever its time.
[[nodiscard]] wire::RowFilter state_is(const UploadState& state);

// ---- mutations

[[nodiscard]] wire::Mutation set_log_cell(std::string_view column, std::int64_t time_us,
                                          std::string value);
[[nodiscard]] wire::Mutation delete_log_column(std::string_view column);
// What was there is cleared first: a version of a later time would hide the new one.
[[nodiscard]] RowMutations write_entry(std::string key, LogCells entry);

}  // namespace objectstore::bigtable
