#include "backends/bigtable/strip.h"

#include "backends/bigtable/cell_names.h"
#include "backends/bigtable/checked.h"
#include "backends/bigtable/object_rows.h"
#include "backends/bigtable/predicates.h"
#include "backends/bigtable/row_mapping.h"

namespace objectstore::bigtable {

namespace {

// What is ours, and redirects that may be dated as the existing service does not.
wire::RowFilter own_cells() {
  return interleave({family_matches(intent_family),
                     chain({family_matches(kept_family), column_matches("[rt]")})});
}

bool has_own_cells(const TableRow& row) {
  for (const auto& cell : row.cells) {
    if (cell.family == intent_family) return true;
  }
  return false;
}

// The redirect as the table collects it.
wire::CheckAndMutateRowRequest collect(std::string key, const RedirectRow& redirect) {
  wire::CheckAndMutateRowRequest request;
  request.set_row_key(std::move(key));
  const ExactCell where{kept_family, cell_time(*redirect.deadline)};
  *request.mutable_predicate_filter() = points_to(redirect.target, where);
  *request.add_true_mutations() = delete_column(kept_family, redirect_column);
  *request.add_true_mutations() = delete_column(kept_family, policy_column);
  *request.add_true_mutations() = delete_family(intent_family);
  for (auto& cell : redirect_cells(redirect, ExpiringRedirects::collected))
    *request.add_true_mutations() = set_cell(std::move(cell));
  return request;
}

}  // namespace

Task<Result<StripReport>> TableStrip::run(std::string from, Progress progress) {
  StripReport report;
  report.next = std::move(from);
  do {
    auto filter = own_cells();
    CO_TRY_ASSIGN(auto found, co_await find_object_rows(table_, report.next, std::move(filter),
                                                        settings_.rows_per_request));
    std::vector<RowMutations> cleaning;
    for (auto& row : found.rows)
      CO_TRY(co_await strip(std::move(row), cleaning, report));
    const auto cleaned = cleaning.size();
    if (cleaned > 0) CO_TRY(co_await table_.mutate_rows(std::move(cleaning)));
    report.cleaned += cleaned;
    report.next = std::move(found.next);
    if (progress) progress(report);
  } while (!report.next.empty());
  co_return std::move(report);
}

Task<Result<void>> TableStrip::strip(TableRow row, std::vector<RowMutations>& cleaning,
                                     StripReport& report) {
  const auto now = clock_.now();
  const bool own_cells = has_own_cells(row);
  std::string key = row.key;
  const auto decoded = decode_row(std::move(row), RowPart::metadata, now);
  if (!decoded.ok()) {
    leave(report.unreadable, std::move(key), report);
    co_return Result<void>();
  }
  if (is_being_written(decoded->cells, unix_ms(now))) {
    leave(report.busy, std::move(key), report);
    co_return Result<void>();
  }
  const auto* redirect = std::get_if<RedirectRow>(&decoded->cells.state);
  if (redirect == nullptr || !redirect->deadline) {
    if (own_cells) cleaning.push_back(RowMutations{std::move(key), {delete_family(intent_family)}});
    co_return Result<void>();
  }
  auto request = collect(key, *redirect);
  auto checked = co_await table_.check_and_mutate(std::move(request));
  if (checked.outcome == Checked::Outcome::matched) {
    ++report.cleaned;
    ++report.moved;
  } else if (checked.outcome == Checked::Outcome::not_matched) {
    leave(report.busy, std::move(key), report);
  } else {
    co_return cause_of(std::move(checked));
  }
  co_return Result<void>();
}

void TableStrip::leave(std::uint64_t& count, std::string key, StripReport& report) const {
  ++count;
  if (report.left_alone.size() < settings_.keys_told) report.left_alone.push_back(std::move(key));
}

}  // namespace objectstore::bigtable
