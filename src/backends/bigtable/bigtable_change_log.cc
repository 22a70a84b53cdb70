#include "backends/bigtable/bigtable_change_log.h"

#include "backends/bigtable/cell_names.h"
#include "backends/bigtable/checked.h"
#include "backends/bigtable/predicates.h"

namespace objectstore {

namespace {

using bigtable::Checked;
using bigtable::RowMutations;
using bigtable::write_entry;
using bigtable::wire::CheckAndMutateRowRequest;
using bigtable::wire::RowFilter;

Task<Mutation> refuse() {
  co_return Mutation::refused();
}

// Applies the mutations where the predicate matches, or where it doesn't.
Task<Mutation> mutate_if(bigtable::TableClient& table, RowFilter predicate, Checked::Outcome wanted,
                         RowMutations row) {
  CheckAndMutateRowRequest request;
  request.set_row_key(std::move(row.key));
  *request.mutable_predicate_filter() = std::move(predicate);
  auto& mutations = wanted == Checked::Outcome::matched ? *request.mutable_true_mutations()
                                                        : *request.mutable_false_mutations();
  for (auto& mutation : row.mutations)
    *mutations.Add() = std::move(mutation);
  auto checked = co_await table.check_and_mutate(std::move(request));
  co_return bigtable::to_mutation(std::move(checked), wanted);
}

RowMutations delete_entry(std::string_view key) {
  RowMutations row;
  row.key = std::string(key);
  row.mutations.push_back(bigtable::delete_row());
  return row;
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
    rows.push_back(write_entry(entry_key(entry.change.id), bigtable::log_cells_of(entry, time)));
  if (rows.size() == 1) return table_.mutate_row(std::move(rows.front()));
  return table_.mutate_rows(std::move(rows));
}

Task<Result<void>> BigtableChangeLog::remove(std::string_view key) {
  return table_.mutate_row(delete_entry(key));
}

Task<Mutation> BigtableChangeLog::exchange(std::string_view key,
                                           const std::optional<UploadState>& expected,
                                           const std::optional<LogEntry>& next, EntryTime time) {
  auto row =
      next ? write_entry(std::string(key), bigtable::log_cells_of(*next, time)) : delete_entry(key);
  if (expected && expected->nonce != Uuid()) {
    return mutate_if(table_, bigtable::state_is(*expected), Checked::Outcome::matched,
                     std::move(row));
  }
  // Nothing that may not be there: both columns, or that of a missing state.
  const auto unwanted = expected ? bigtable::upload_state_column : bigtable::entry_columns;
  return mutate_if(table_, bigtable::column_exists(unwanted), Checked::Outcome::not_matched,
                   std::move(row));
}

Task<Result<std::vector<ScannedEntry>>> BigtableChangeLog::scan(const ScanRequest& request) {
  std::vector<ScannedEntry> found;
  // The table would take an empty range, or a limit of none, for the opposite.
  if (request.limit == 0 || request.from >= request.to) co_return std::move(found);
  const auto filter = bigtable::entries_before(request.before);
  bigtable::KeyRange range{request.from, request.to};
  CO_TRY_ASSIGN(auto rows, co_await table_.read_rows(std::move(range), filter, request.limit));
  for (auto& row : rows) {
    auto key = row.key;
    auto cells = bigtable::log_cells_of(std::move(row));
    if (!cells) continue;
    found.push_back(scanned_entry(std::move(key), bigtable::cell_ms(cells->time_us),
                                  std::move(cells->text), std::move(cells->state)));
  }
  co_return std::move(found);
}

Task<Mutation> BigtableChangeLog::claim(const ScannedEntry& entry, EntryTime now) {
  auto seen = bigtable::log_cells_of(entry);
  if (!seen) return refuse();  // of a later version: to be left in place
  auto predicate = bigtable::entry_is(*seen);
  seen->time_us = bigtable::cell_time_of_ms(now);
  return mutate_if(table_, std::move(predicate), Checked::Outcome::matched,
                   write_entry(entry.key, *std::move(seen)));
}

// ---- quarantine

Task<Mutation> BigtableChangeLog::quarantine(const ScannedEntry& entry, std::string_view reason,
                                             EntryTime now) {
  return put_aside(entry.key, bigtable::cell_time_of_ms(entry.time), std::string(reason), now);
}

Task<Mutation> BigtableChangeLog::put_aside(std::string key, std::int64_t seen, std::string reason,
                                            EntryTime now) {
  auto found = co_await table_.read_row(key, &bigtable::entry_cells());
  if (!found.ok()) co_return Mutation::failed(std::move(found).error());
  if (!*found) co_return Mutation::refused();
  const auto stored = bigtable::log_cells_of(**std::move(found));
  if (!stored || stored->time_us != seen) co_return Mutation::refused();

  // In a column of its own: another process that does the same at this moment finds its copy
  // whatever becomes of this one, and the one that is refused removes only its own.
  const std::string column = make_uuid_v4(random_).str();
  RowMutations copy;
  copy.key = quarantine_key(key);
  copy.mutations.push_back(
      bigtable::set_log_cell(column, bigtable::cell_time_of_ms(now),
                             bigtable::encode_quarantined(reason, stored->text, stored->state)));
  auto copied = co_await table_.mutate_row(std::move(copy));
  if (!copied.ok()) co_return Mutation::failed(std::move(copied).error());

  auto removal = delete_entry(key);
  auto predicate = bigtable::entry_is(*stored);
  auto moved = co_await mutate_if(table_, std::move(predicate), Checked::Outcome::matched,
                                  std::move(removal));
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
  CO_TRY_ASSIGN(auto row, co_await table_.read_row(std::move(key), &bigtable::log_family_cells()));
  if (!row || row->cells.empty()) co_return std::optional<QuarantineRow>();
  co_return std::optional<QuarantineRow>(bigtable::decode_quarantine_row(*std::move(row)));
}

Task<Result<void>> BigtableChangeLog::remove_from_quarantine(std::string key,
                                                             std::vector<std::string> columns) {
  // Not the row: another process may be putting the entry aside, again, at this moment.
  RowMutations row;
  row.key = std::move(key);
  for (const auto& column : columns)
    row.mutations.push_back(bigtable::delete_log_column(column));
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
    CO_TRY_ASSIGN(auto rows, co_await table_.read_rows(std::move(range),
                                                       bigtable::log_family_cells(), wanted));
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
  bigtable::LogCells entry_cells{bigtable::cell_time_of_ms(time), std::move(aside->entry.value),
                                 std::move(aside->entry.state)};
  CO_TRY(co_await put_back(key_before_quarantine(key), std::move(entry_cells)));
  co_return co_await remove_from_quarantine(std::move(key), std::move(aside->columns));
}

Task<Result<void>> BigtableChangeLog::put_back(std::string key, bigtable::LogCells entry) {
  const bool plain = entry.state.empty();
  auto row = write_entry(std::move(key), std::move(entry));
  if (plain) co_return co_await table_.mutate_row(std::move(row));
  auto nothing_there = bigtable::column_exists(bigtable::entry_columns);
  const auto written = co_await mutate_if(table_, std::move(nothing_there),
                                          Checked::Outcome::not_matched, std::move(row));
  if (written.is_applied() || written.is_refused()) co_return Result<void>();
  co_return written.cause();
}

Task<Mutation> BigtableChangeLog::drop(const QuarantinedEntry& entry) {
  const QuarantinedEntry listed = entry;
  auto aside = co_await read_quarantine(listed.key);
  if (!aside.ok()) co_return Mutation::failed(std::move(aside).error());
  if (!*aside || !((*aside)->entry == listed)) co_return Mutation::refused();
  RowMutations dropped;
  dropped.key = listed.key;
  for (const auto& column : (*aside)->columns)
    dropped.mutations.push_back(bigtable::delete_log_column(column));
  // A column is written once, so it is what it was; and the entry is dropped once.
  auto as_listed = bigtable::column_exists((*aside)->column);
  co_return co_await mutate_if(table_, std::move(as_listed), Checked::Outcome::matched,
                               std::move(dropped));
}

}  // namespace objectstore
