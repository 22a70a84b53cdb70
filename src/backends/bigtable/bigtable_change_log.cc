#include "backends/bigtable/bigtable_change_log.h"

#include <algorithm>

#include "backends/bigtable/cell_names.h"
#include "backends/bigtable/checked.h"
#include "backends/bigtable/predicates.h"

namespace objectstore {

namespace {

using bigtable::Cell;
using bigtable::Checked;
using bigtable::RowMutations;
using bigtable::wire::CheckAndMutateRowRequest;
using bigtable::wire::RowFilter;

const RowFilter& log_family_cells() {
  static const auto filter = bigtable::family_matches(bigtable::log_family);
  return filter;
}

const RowFilter& entry_cells() {
  static const auto filter = bigtable::chain({bigtable::family_matches(bigtable::log_family),
                                              bigtable::column_matches(bigtable::entry_column),
                                              bigtable::newest_version()});
  return filter;
}

RowFilter entries_before(EntryTime before) {
  auto filter = entry_cells();
  // Later than the last time are none.
  if (before <= bigtable::last_cell_ms) {
    *filter.mutable_chain()->add_filters() =
        bigtable::dated_before(bigtable::cell_time_of_ms(before));
  }
  return filter;
}

RowFilter entry_dated(std::int64_t time) {
  auto filter = entry_cells();
  *filter.mutable_chain()->add_filters() = bigtable::dated(time);
  return filter;
}

RowFilter column_exists(std::string_view column) {
  return bigtable::chain(
      {bigtable::family_matches(bigtable::log_family), bigtable::column_matches(column)});
}

bigtable::wire::Mutation set_log_cell(std::string_view column, EntryTime time, std::string value) {
  Cell cell{std::string(bigtable::log_family), std::string(column), bigtable::cell_time_of_ms(time),
            std::move(value)};
  return bigtable::set_cell(std::move(cell));
}

bigtable::wire::Mutation delete_log_column(std::string_view column) {
  return bigtable::delete_column(bigtable::log_family, column);
}

// The column is cleared first: a version of a later time would hide the new one.
RowMutations write_entry(std::string key, EntryTime time, std::string value) {
  RowMutations row;
  row.key = std::move(key);
  row.mutations.push_back(delete_log_column(bigtable::entry_column));
  row.mutations.push_back(set_log_cell(bigtable::entry_column, time, std::move(value)));
  return row;
}

// What lies in the store for an entry that was scanned; nullopt: it isn't known.
std::optional<std::string> value_of(const ScannedEntry& entry) {
  if (const auto* known = std::get_if<LogEntry>(&entry.content)) return encode_entry(*known);
  if (const auto* broken = std::get_if<BrokenEntry>(&entry.content)) return broken->value;
  return std::nullopt;
}

Task<Mutation> refuse() {
  co_return Mutation::refused();
}

Task<Mutation> check_and_mutate(bigtable::TableClient& table, CheckAndMutateRowRequest request) {
  auto checked = co_await table.check_and_mutate(std::move(request));
  co_return bigtable::to_mutation(std::move(checked), Checked::Outcome::matched);
}

std::string end_of(std::string_view prefix) {
  std::string end(prefix);
  ++end.back();
  return end;
}

}  // namespace

Task<Result<void>> BigtableChangeLog::record(const std::vector<LogEntry>& entries, EntryTime time) {
  std::vector<RowMutations> rows;
  rows.reserve(entries.size());
  for (const auto& entry : entries)
    rows.push_back(write_entry(entry_key(entry.change.id), time, encode_entry(entry)));
  if (rows.size() == 1) return table_.mutate_row(std::move(rows.front()));
  return table_.mutate_rows(std::move(rows));
}

Task<Result<void>> BigtableChangeLog::remove(std::string_view key) {
  RowMutations row;
  row.key = std::string(key);
  row.mutations.push_back(bigtable::delete_row());
  return table_.mutate_row(std::move(row));
}

Task<Result<std::vector<ScannedEntry>>> BigtableChangeLog::scan(const ScanRequest& request) {
  std::vector<ScannedEntry> found;
  // The table would take an empty range, or a limit of none, for the opposite.
  if (request.limit == 0 || request.from >= request.to) co_return std::move(found);
  const auto filter = entries_before(request.before);
  bigtable::KeyRange range{request.from, request.to};
  CO_TRY_ASSIGN(auto rows, co_await table_.read_rows(std::move(range), filter, request.limit));
  for (auto& row : rows) {
    if (row.cells.empty()) continue;
    auto& cell = row.cells.front();
    found.push_back(
        scanned_entry(std::move(row.key), bigtable::cell_ms(cell.time_us), std::move(cell.value)));
  }
  co_return std::move(found);
}

Task<Mutation> BigtableChangeLog::claim(const ScannedEntry& entry, EntryTime now) {
  auto value = value_of(entry);
  if (!value) return refuse();  // of a later version: to be left in place
  CheckAndMutateRowRequest request;
  request.set_row_key(entry.key);
  *request.mutable_predicate_filter() = entry_dated(bigtable::cell_time_of_ms(entry.time));
  auto written = write_entry(std::string(), now, *std::move(value));
  for (auto& mutation : written.mutations)
    *request.add_true_mutations() = std::move(mutation);
  return check_and_mutate(table_, std::move(request));
}

// ---- quarantine

Task<Mutation> BigtableChangeLog::quarantine(const ScannedEntry& entry, std::string_view reason,
                                             EntryTime now) {
  return put_aside(entry.key, bigtable::cell_time_of_ms(entry.time), std::string(reason), now);
}

Task<Mutation> BigtableChangeLog::put_aside(std::string key, std::int64_t seen, std::string reason,
                                            EntryTime now) {
  auto found = co_await table_.read_row(key, &entry_cells());
  if (!found.ok()) co_return Mutation::failed(std::move(found).error());
  if (!*found || (*found)->cells.empty()) co_return Mutation::refused();
  const auto& stored = (*found)->cells.front();
  if (stored.time_us != seen) co_return Mutation::refused();

  // In a column of its own: another process that does the same at this moment finds its copy
  // whatever becomes of this one, and the one that is refused removes only its own.
  const std::string column = make_uuid_v4(random_).str();
  RowMutations copy;
  copy.key = quarantine_key(key);
  copy.mutations.push_back(
      set_log_cell(column, now, bigtable::encode_quarantined(reason, stored.value)));
  auto copied = co_await table_.mutate_row(std::move(copy));
  if (!copied.ok()) co_return Mutation::failed(std::move(copied).error());

  CheckAndMutateRowRequest request;
  request.set_row_key(key);
  *request.mutable_predicate_filter() = entry_dated(seen);
  *request.add_true_mutations() = bigtable::delete_row();
  auto moved = co_await check_and_mutate(table_, std::move(request));
  if (moved.is_refused() || moved.outcome() == Mutation::Outcome::failed) {
    // The entry lies in the log, or was settled, or put aside by another process.
    std::vector<std::string> own{column};
    auto removed = co_await remove_from_quarantine(quarantine_key(key), std::move(own));
    // Then the entry lies in both places.
    if (!removed.ok()) co_return Mutation::unknown(std::move(removed).error());
  }
  co_return moved;
}

Task<Result<std::optional<BigtableChangeLog::QuarantineRow>>> BigtableChangeLog::read_quarantine(
    std::string key) {
  CO_TRY_ASSIGN(auto row, co_await table_.read_row(std::move(key), &log_family_cells()));
  if (!row || row->cells.empty()) co_return std::optional<QuarantineRow>();
  co_return std::optional<QuarantineRow>(bigtable::decode_quarantine_row(*std::move(row)));
}

Task<Result<void>> BigtableChangeLog::remove_from_quarantine(std::string key,
                                                             std::vector<std::string> columns) {
  // Not the row: another process may be putting the entry aside, again, at this moment.
  RowMutations row;
  row.key = std::move(key);
  for (const auto& column : columns)
    row.mutations.push_back(delete_log_column(column));
  co_return co_await table_.mutate_row(std::move(row));
}

Task<Result<std::vector<QuarantinedEntry>>> BigtableChangeLog::quarantined(EntryTime before,
                                                                           std::string_view after,
                                                                           std::size_t limit) {
  std::vector<QuarantinedEntry> found;
  std::string from = after.empty() ? std::string(quarantine_prefix) : std::string(after) + '\0';
  const auto end = end_of(quarantine_prefix);
  // By pages, for those that are too young are left out here.
  while (found.size() < limit && from < end) {
    const auto wanted = limit - found.size();
    bigtable::KeyRange range{from, end};
    CO_TRY_ASSIGN(auto rows,
                  co_await table_.read_rows(std::move(range), log_family_cells(), wanted));
    const bool last = rows.size() < wanted;
    for (auto& row : rows) {
      from = row.key + '\0';
      if (row.cells.empty()) continue;
      auto decoded = bigtable::decode_quarantine_row(std::move(row));
      if (decoded.entry.time < before) found.push_back(std::move(decoded.entry));
    }
    if (last) break;
  }
  co_return std::move(found);
}

Task<Result<void>> BigtableChangeLog::release(const QuarantinedEntry& entry, EntryTime time) {
  std::string key = entry.key;
  CO_TRY_ASSIGN(auto aside, co_await read_quarantine(key));
  if (!aside) co_return Result<void>();  // released before, and settled perhaps
  auto released = write_entry(key_before_quarantine(key), time, std::move(aside->entry.value));
  CO_TRY(co_await table_.mutate_row(std::move(released)));
  co_return co_await remove_from_quarantine(std::move(key), std::move(aside->columns));
}

Task<Mutation> BigtableChangeLog::drop(const QuarantinedEntry& entry) {
  const QuarantinedEntry listed = entry;
  auto aside = co_await read_quarantine(listed.key);
  if (!aside.ok()) co_return Mutation::failed(std::move(aside).error());
  if (!*aside || !((*aside)->entry == listed)) co_return Mutation::refused();
  CheckAndMutateRowRequest request;
  request.set_row_key(listed.key);
  // A column is written once, so it is what it was; and the entry is dropped once.
  *request.mutable_predicate_filter() = column_exists((*aside)->column);
  for (const auto& column : (*aside)->columns)
    *request.add_true_mutations() = delete_log_column(column);
  co_return co_await check_and_mutate(table_, std::move(request));
}

}  // namespace objectstore
