#include "backends/bigtable/bigtable_row_store.h"

#include "backends/bigtable/cell_names.h"
#include "backends/bigtable/checked.h"
#include "backends/bigtable/object_rows.h"
#include "backends/bigtable/predicates.h"

namespace objectstore {

namespace {

using bigtable::Cell;
using bigtable::Checked;
using bigtable::TableRow;
using bigtable::wire::CheckAndMutateRowRequest;
using Mutations = google::protobuf::RepeatedPtrField<bigtable::wire::Mutation>;

CheckAndMutateRowRequest request_for(std::string_view key, bigtable::wire::RowFilter predicate) {
  CheckAndMutateRowRequest request;
  request.set_row_key(std::string(key));
  *request.mutable_predicate_filter() = std::move(predicate);
  return request;
}

void add(Mutations& mutations, bigtable::wire::Mutation mutation) {
  *mutations.Add() = std::move(mutation);
}

void replace_row(Mutations& mutations, std::vector<Cell> cells) {
  add(mutations, bigtable::delete_row());
  for (auto& cell : cells)
    add(mutations, bigtable::set_cell(std::move(cell)));
}

Task<Mutation> refuse() {
  co_return Mutation::refused();
}

Cell intent_cell(const AttemptId& attempt, std::uint64_t ms, std::string_view value) {
  return Cell{std::string(bigtable::intent_family), attempt.id.str(), bigtable::cell_time_of_ms(ms),
              std::string(value)};
}

}  // namespace

// ---- reading

Result<bigtable::DecodedRow> BigtableRowStore::decode(TableRow row, RowPart part, WallTime now) {
  auto decoded = bigtable::decode_row(std::move(row), part, now);
  if (decoded.ok()) {
    if (decoded->redirect_form == bigtable::RedirectForm::in_metadata) ++legacy_in_metadata_;
    if (decoded->redirect_form == bigtable::RedirectForm::empty_target) ++legacy_empty_target_;
  }
  return decoded;
}

BigtableRowStore::LegacyReads BigtableRowStore::legacy_reads() const {
  return LegacyReads{legacy_in_metadata_.load(), legacy_empty_target_.load()};
}

Task<Result<Row>> BigtableRowStore::read(std::string_view key_view, RowPart part) {
  std::string key(key_view);
  const auto now = clock_.now();
  const auto* filter = part == RowPart::metadata ? &bigtable::metadata_columns() : nullptr;
  CO_TRY_ASSIGN(auto found, co_await table_.read_row(std::move(key), filter));
  if (!found) co_return Row();
  CO_TRY_ASSIGN(auto decoded, decode(*std::move(found), part, now));
  co_return Row{std::move(decoded.cells.state), decoded.cells.stamp};
}

// ---- mutations

Task<Mutation> BigtableRowStore::mutate(CheckAndMutate request, Outcome applied) {
  auto checked = co_await table_.check_and_mutate(std::move(request));
  co_return bigtable::to_mutation(std::move(checked), applied);
}

Task<Mutation> BigtableRowStore::write_unless_redirect(std::string_view key, const RowState& state,
                                                       const Stamp& stamp) {
  auto request = request_for(key, bigtable::redirect_or_stamp_from(stamp));
  replace_row(*request.mutable_false_mutations(), bigtable::cells_of(state, stamp, redirects_));
  return mutate(std::move(request), Outcome::not_matched);
}

Task<Mutation> BigtableRowStore::open_intent(std::string_view key, const AttemptId& attempt,
                                             const IntentCondition& condition) {
  auto intent = intent_cell(attempt, attempt.id.unix_ms(), bigtable::open_intent);
  if (!condition.redirect) {
    auto request = request_for(key, bigtable::redirect_or_stamp_above(condition.stamp));
    add(*request.mutable_false_mutations(), bigtable::set_cell(std::move(intent)));
    return mutate(std::move(request), Outcome::not_matched);
  }
  bigtable::ExactCell where{bigtable::object_families, std::nullopt};
  if (condition.deadline) {
    // What no cell can be dated has not been read from one.
    if (!bigtable::is_cell_time(*condition.deadline)) return refuse();
    where.family_regex = bigtable::expiring_family(redirects_);
    where.time = bigtable::cell_time(*condition.deadline);
  }
  auto request = request_for(key, bigtable::points_to(*condition.redirect, where));
  auto& mutations = *request.mutable_true_mutations();
  add(mutations, bigtable::set_cell(std::move(intent)));
  if (where.time) {
    // A bump on its way, which has read this deadline, must find another one.
    add(mutations, bigtable::delete_column(where.family_regex, bigtable::redirect_column));
    add(mutations, bigtable::set_cell(
                       Cell{std::string(where.family_regex), std::string(bigtable::redirect_column),
                            *where.time + bigtable::cell_time_step, condition.redirect->path()}));
  }
  return mutate(std::move(request), Outcome::matched);
}

Task<Mutation> BigtableRowStore::commit(std::string_view key, const AttemptId& attempt,
                                        const RowState& state, const Stamp& stamp) {
  auto request = request_for(key, bigtable::intent_is_open(attempt));
  replace_row(*request.mutable_true_mutations(), bigtable::cells_of(state, stamp, redirects_));
  return mutate(std::move(request), Outcome::matched);
}

Task<Result<FenceFound>> BigtableRowStore::fence(std::string_view key, const AttemptId& attempt) {
  auto request = request_for(key, bigtable::intent_is_open(attempt));
  const auto fenced =
      bigtable::set_cell(intent_cell(attempt, attempt.id.unix_ms() + 1, bigtable::fenced_intent));
  add(*request.mutable_true_mutations(), fenced);
  add(*request.mutable_false_mutations(), fenced);
  auto checked = co_await table_.check_and_mutate(std::move(request));
  if (checked.outcome == Outcome::matched) co_return FenceFound::open;
  if (checked.outcome == Outcome::not_matched) co_return FenceFound::not_open;
  co_return bigtable::cause_of(std::move(checked));
}

// ---- bumps

Task<Mutation> BigtableRowStore::bump(std::string_view key, const Row& as_read, WallTime deadline) {
  const auto present = deadline_of(as_read.state);
  // Past its deadline, a sweep may be deleting the object, or the table collecting the row.
  if (!present || *present < clock_.now() || !bigtable::is_cell_time(*present)) return refuse();
  if (const auto* redirect = std::get_if<RedirectRow>(&as_read.state)) {
    return mutate(bump_redirect(key, *redirect, deadline), Outcome::matched);
  }
  return bump_inline(std::string(key), as_read.stamp, *present, deadline);
}

Task<Mutation> BigtableRowStore::bump_inline(std::string key, std::optional<Stamp> stamp,
                                             WallTime present, WallTime deadline) {
  // Cells can't be re-dated, only written anew, so all of the row is needed, from one reading.
  const auto now = clock_.now();
  auto found = co_await table_.read_row(key, &bigtable::state_columns());
  if (!found.ok()) co_return Mutation::failed(std::move(found).error());
  if (!*found) co_return Mutation::refused();
  const auto* stored =
      bigtable::find_cell(**found, bigtable::collected_family, bigtable::metadata_column);
  if (stored == nullptr) co_return Mutation::refused();
  Cell metadata = *stored;
  auto decoded = decode(**std::move(found), RowPart::everything, now);
  if (!decoded.ok()) co_return Mutation::failed(std::move(decoded).error());
  const auto* value = std::get_if<InlineRow>(&decoded->cells.state);
  if (value == nullptr || decoded->cells.stamp != stamp ||
      value->metadata.time_expires != present) {
    co_return Mutation::refused();
  }

  const std::string family(bigtable::collected_family);
  auto request = request_for(
      key, bigtable::chain({bigtable::family_matches(family),
                            bigtable::column_matches(bigtable::metadata_column),
                            bigtable::newest_version(), bigtable::dated(metadata.time_us),
                            bigtable::value_begins_as(metadata.value)}));
  auto& mutations = *request.mutable_true_mutations();
  add(mutations, bigtable::delete_column(family, bigtable::payload_column));
  add(mutations, bigtable::delete_column(family, bigtable::metadata_column));
  metadata.time_us = bigtable::cell_time(deadline);
  Cell payload{family, std::string(bigtable::payload_column), metadata.time_us,
               std::string(value->payload.view())};
  add(mutations, bigtable::set_cell(std::move(payload)));
  add(mutations, bigtable::set_cell(std::move(metadata)));
  co_return co_await mutate(std::move(request), Outcome::matched);
}

BigtableRowStore::CheckAndMutate BigtableRowStore::bump_redirect(std::string_view key,
                                                                 const RedirectRow& present,
                                                                 WallTime deadline) const {
  const bigtable::ExactCell where{bigtable::object_families,
                                  bigtable::cell_time(*present.deadline)};
  auto request = request_for(key, bigtable::points_to(present.target, where));
  auto& mutations = *request.mutable_true_mutations();
  // Whatever the form, and the family that an earlier configuration gave it: the present ones.
  for (const auto family : {bigtable::collected_family, bigtable::kept_family}) {
    for (const auto column : {bigtable::payload_column, bigtable::metadata_column,
                              bigtable::redirect_column, bigtable::policy_column}) {
      add(mutations, bigtable::delete_column(family, column));
    }
  }
  const RedirectRow bumped{present.target, present.policy, deadline};
  for (auto& cell : bigtable::redirect_cells(bumped, redirects_))
    add(mutations, bigtable::set_cell(std::move(cell)));
  return request;
}

// ---- sweeping and listing

Task<Result<RowSweeper::Sweep>> BigtableRowStore::sweep(WallTime now, std::string from,
                                                        std::size_t limit) {
  Sweep sweep;
  if (redirects_ == bigtable::ExpiringRedirects::collected) co_return std::move(sweep);
  auto filter = bigtable::expired_redirects(now);
  CO_TRY_ASSIGN(auto candidates, co_await bigtable::find_object_rows(table_, std::move(from),
                                                                     std::move(filter), limit));
  for (auto& candidate : candidates.rows) {
    std::string key = candidate.key;
    CO_TRY_ASSIGN(auto found, co_await table_.read_row(key, &bigtable::all_but_payload()));
    if (!found) continue;
    auto decoded = decode(*std::move(found), RowPart::metadata, now);
    if (!decoded.ok()) continue;  // corrupt: nothing is deleted on its strength
    auto& cells = decoded->cells;
    const auto deadline = deadline_of(cells.state);
    const bool redirect = std::holds_alternative<RedirectRow>(cells.state);
    if (!redirect || !deadline || *deadline >= now) continue;
    if (is_being_written(cells, unix_ms(now))) continue;
    sweep.redirects.push_back(
        ExpiredRedirect{std::move(key), Row{std::move(cells.state), cells.stamp}});
  }
  sweep.next = std::move(candidates.next);
  co_return std::move(sweep);
}

// Compaction is the table's own affair.
Task<Result<void>> BigtableRowStore::reclaim() {
  co_return Result<void>();
}

ListedRow BigtableRowStore::listed_row(TableRow row, WallTime now) {
  ListedRow listed;
  listed.key = row.key;
  auto decoded = decode(std::move(row), RowPart::metadata, now);
  if (!decoded.ok()) {
    listed.problem = decoded.error().describe();
    return listed;
  }
  for (const auto& [attempt, intent] : decoded->cells.intents) {
    if (intent.open) listed.open_intents.push_back(AttemptId{attempt});
  }
  listed.row = Row{std::move(decoded->cells.state), decoded->cells.stamp};
  return listed;
}

Task<Result<RowPage>> BigtableRowStore::list_rows(std::string from, std::size_t limit) {
  const auto now = clock_.now();
  auto filter = bigtable::all_but_payload();
  CO_TRY_ASSIGN(auto found, co_await bigtable::find_object_rows(table_, std::move(from),
                                                                std::move(filter), limit));
  RowPage page;
  for (auto& row : found.rows)
    page.rows.push_back(listed_row(std::move(row), now));
  page.next = std::move(found.next);
  co_return std::move(page);
}

Task<Result<ListedRow>> BigtableRowStore::inspect(std::string_view key_view) {
  std::string key(key_view);
  const auto now = clock_.now();
  CO_TRY_ASSIGN(auto found, co_await table_.read_row(key, &bigtable::all_but_payload()));
  if (found) co_return listed_row(*std::move(found), now);
  ListedRow absent;
  absent.key = std::move(key);
  co_return std::move(absent);
}

}  // namespace objectstore
