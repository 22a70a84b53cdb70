#include "backends/bigtable/log_cells.h"

#include <utility>

#include "backends/bigtable/cell_names.h"
#include "backends/bigtable/predicates.h"

namespace objectstore::bigtable {

namespace {

wire::RowFilter newest_of(std::string_view columns) {
  return chain({family_matches(log_family), column_matches(columns), newest_version()});
}

wire::RowFilter with(wire::RowFilter chained, wire::RowFilter condition) {
  *chained.mutable_chain()->add_filters() = std::move(condition);
  return chained;
}

}  // namespace

LogCells log_cells_of(const LogEntry& entry, EntryTime time) {
  return {cell_time_of_ms(time), encode_entry(entry), encode_upload_state(entry)};
}

std::optional<LogCells> log_cells_of(const ScannedEntry& entry) {
  if (const auto* known = std::get_if<LogEntry>(&entry.content)) {
    return log_cells_of(*known, entry.time);
  }
  if (const auto* broken = std::get_if<BrokenEntry>(&entry.content)) {
    return LogCells{cell_time_of_ms(entry.time), broken->value, broken->state};
  }
  return std::nullopt;
}

std::optional<LogCells> log_cells_of(TableRow row) {
  if (row.cells.empty()) return std::nullopt;
  LogCells found;
  // The state is the last of them, so its time counts where there is one.
  for (auto& cell : row.cells) {
    found.time_us = cell.time_us;
    auto& text = cell.qualifier == entry_column ? found.text : found.state;
    text = std::move(cell.value);
  }
  return found;
}

const wire::RowFilter& log_family_cells() {
  static const auto filter = family_matches(log_family);
  return filter;
}

const wire::RowFilter& entry_cells() {
  static const auto filter = newest_of(entry_columns);
  return filter;
}

wire::RowFilter entries_before(EntryTime before) {
  // Later than the last time are none.
  if (before > last_cell_ms) return entry_cells();
  return with(entry_cells(), dated_before(cell_time_of_ms(before)));
}

wire::RowFilter column_exists(std::string_view column) {
  return chain({family_matches(log_family), column_matches(column)});
}

wire::RowFilter entry_is(const LogCells& seen) {
  if (seen.state.empty()) return with(newest_of(entry_column), dated(seen.time_us));
  return with(with(newest_of(upload_state_column), dated(seen.time_us)),
              value_begins_as(seen.state));
}

wire::RowFilter state_is(const UploadState& state) {
  return with(newest_of(upload_state_column), value_begins_as(encode_upload_state(state)));
}

wire::Mutation set_log_cell(std::string_view column, std::int64_t time_us, std::string value) {
  Cell cell{std::string(log_family), std::string(column), time_us, std::move(value)};
  return set_cell(std::move(cell));
}

wire::Mutation delete_log_column(std::string_view column) {
  return delete_column(log_family, column);
}

RowMutations write_entry(std::string key, LogCells entry) {
  RowMutations row;
  row.key = std::move(key);
  row.mutations.push_back(delete_family(log_family));
  const bool state_alone = entry.text.empty() && !entry.state.empty();
  if (!state_alone) {
    row.mutations.push_back(set_log_cell(entry_column, entry.time_us, std::move(entry.text)));
  }
  if (!entry.state.empty()) {
    row.mutations.push_back(
        set_log_cell(upload_state_column, entry.time_us, std::move(entry.state)));
  }
  return row;
}

}  // namespace objectstore::bigtable
