// A Bigtable table in memory, for tests: evaluates filters and mutations as the service does, and
// insists on what only the real service refuses. No cell is ever collected.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "backends/bigtable/cell_names.h"
#include "backends/bigtable/table_client.h"
#include "runtime/clock.h"

namespace objectstore::bigtable {

class FakeTable final : public TableClient {
 public:
  // `clock` is the server's.
  explicit FakeTable(Clock& clock) : clock_(clock) {}

  [[nodiscard]] TableClient& client() { return *this; }

  // Families that exist; requests that name another are refused.
  std::set<std::string, std::less<>> families{"fg", "fm", "fi", "fc"};
  // Runs before a compare-and-mutate: what another process does meanwhile.
  std::function<void()> before_check;
  // What becomes of the next compare-and-mutates, front first; then all goes well.
  enum class Fate { fine, fails, lost, reply_lost };
  std::vector<Fate> fates;
  // The next so many blind mutations fail without effect.
  int failing_mutations = 0;
  int requests = 0;

  Task<Result<std::optional<TableRow>>> read_row(std::string key,
                                                 const wire::RowFilter* filter) override {
    ++requests;
    auto row = filtered(key, filter);
    if (row.cells.empty()) co_return std::optional<TableRow>();
    co_return std::optional<TableRow>(std::move(row));
  }

  Task<Result<std::vector<TableRow>>> read_rows(KeyRange range, const wire::RowFilter& filter,
                                                std::size_t limit) override {
    ++requests;
    EXPECT_GE(limit, 1U);
    EXPECT_TRUE(range.to.empty() || range.from < range.to);
    std::vector<TableRow> found;
    for (auto it = rows_.lower_bound(range.from); it != rows_.end(); ++it) {
      if (!range.to.empty() && it->first >= range.to) break;
      if (found.size() >= limit) break;
      auto row = filtered(it->first, &filter);
      if (!row.cells.empty()) found.push_back(std::move(row));
    }
    co_return std::move(found);
  }

  Task<Result<RowsPage>> read_page(KeyRange range, const wire::RowFilter& filter,
                                   std::size_t limit) override {
    CO_TRY_ASSIGN(auto rows, co_await read_rows(std::move(range), filter, limit));
    RowsPage page;
    if (rows.size() == limit) page.next = rows.back().key + '\0';
    page.rows = std::move(rows);
    co_return std::move(page);
  }

  Task<Result<void>> mutate_row(RowMutations row) override {
    ++requests;
    if (failing_mutations > 0) {
      --failing_mutations;
      co_return Error(ErrorCode::unavailable, "injected");
    }
    EXPECT_FALSE(row.mutations.empty());
    for (const auto& mutation : row.mutations)
      apply(row.key, mutation);
    co_return Result<void>();
  }
  Task<Result<void>> mutate_rows(std::vector<RowMutations> rows) override {
    for (auto& row : rows)
      CO_TRY(co_await mutate_row(std::move(row)));
    co_return Result<void>();
  }

  Task<Checked> check_and_mutate(wire::CheckAndMutateRowRequest request) override {
    ++requests;
    if (before_check) std::exchange(before_check, nullptr)();
    auto fate = Fate::fine;
    if (!fates.empty()) {
      fate = fates.front();
      fates.erase(fates.begin());
    }
    const Error injected(ErrorCode::unavailable, "injected");
    if (fate == Fate::fails) co_return Checked{Checked::Outcome::failed, injected};
    if (fate == Fate::lost) co_return Checked{Checked::Outcome::unknown, injected};
    check_predicate(request.predicate_filter(), true);
    const auto row = filtered(request.row_key(), &request.predicate_filter());
    const bool matched = !row.cells.empty();
    EXPECT_GT(request.true_mutations_size() + request.false_mutations_size(), 0);
    for (const auto& mutation : matched ? request.true_mutations() : request.false_mutations())
      apply(request.row_key(), mutation);
    if (fate == Fate::reply_lost) co_return Checked{Checked::Outcome::unknown, injected};
    co_return Checked{matched ? Checked::Outcome::matched : Checked::Outcome::not_matched,
                      std::nullopt};
  }

  // Puts a cell as any program could.
  void put(const std::string& key, Cell cell) {
    if (cell.time_us == server_time) cell.time_us = cell_time(clock_.now());
    rows_[key][{cell.family, cell.qualifier, -cell.time_us}] = std::move(cell.value);
  }
  // All cells of a row.
  [[nodiscard]] std::vector<Cell> cells(const std::string& key) const {
    return filtered(key, nullptr).cells;
  }
  [[nodiscard]] std::size_t row_count() const { return rows_.size(); }

 private:
  // Family, qualifier, and the time with its sign changed: the order of a row's cells.
  using Column = std::tuple<std::string, std::string, std::int64_t>;
  using Cells = std::vector<Cell>;

  [[nodiscard]] TableRow filtered(const std::string& key, const wire::RowFilter* filter) const {
    TableRow row;
    row.key = key;
    const auto it = rows_.find(key);
    if (it == rows_.end()) return row;
    for (const auto& [column, value] : it->second) {
      const auto& [family, qualifier, negated] = column;
      row.cells.push_back(Cell{family, qualifier, -negated, value});
    }
    if (filter != nullptr) row.cells = pass(*filter, std::move(row.cells));
    return row;
  }

  static bool matches(const std::string& text, const std::string& regex) {
    return std::regex_match(text, std::regex(regex));
  }
  static std::pair<std::string, std::string> column_of(const Cell& cell) {
    return {cell.family, cell.qualifier};
  }

  template <class F>
  static Cells keep(Cells cells, F predicate) {
    std::erase_if(cells, [&](const Cell& cell) { return !predicate(cell); });
    return cells;
  }

  static Cells pass(const wire::RowFilter& filter, Cells cells) {
    using Kind = wire::RowFilter::FilterCase;
    switch (filter.filter_case()) {
      case Kind::kChain:
        for (const auto& part : filter.chain().filters())
          cells = pass(part, std::move(cells));
        return cells;
      case Kind::kInterleave:
        return interleaved(filter, cells);
      case Kind::kFamilyNameRegexFilter:
        return keep(std::move(cells), [&](const Cell& cell) {
          return matches(cell.family, filter.family_name_regex_filter());
        });
      case Kind::kColumnQualifierRegexFilter:
        return keep(std::move(cells), [&](const Cell& cell) {
          return matches(cell.qualifier, filter.column_qualifier_regex_filter());
        });
      case Kind::kValueRegexFilter:
        return keep(std::move(cells), [&](const Cell& cell) {
          return matches(cell.value, filter.value_regex_filter());
        });
      case Kind::kValueRangeFilter:
        return keep(std::move(cells), [&](const Cell& cell) {
          return in_range(filter.value_range_filter(), cell.value);
        });
      case Kind::kTimestampRangeFilter:
        return keep(std::move(cells), [&](const Cell& cell) {
          const auto& range = filter.timestamp_range_filter();
          const auto end = range.end_timestamp_micros();
          return cell.time_us >= range.start_timestamp_micros() && (end == 0 || cell.time_us < end);
        });
      case Kind::kCellsPerColumnLimitFilter: {
        std::map<std::pair<std::string, std::string>, int> seen;
        return keep(std::move(cells), [&](const Cell& cell) {
          return ++seen[column_of(cell)] <= filter.cells_per_column_limit_filter();
        });
      }
      case Kind::kBlockAllFilter:
        return {};
      default:
        ADD_FAILURE() << "a filter that no store here uses";
        return cells;
    }
  }

  static Cells interleaved(const wire::RowFilter& filter, const Cells& cells) {
    Cells all;
    for (const auto& part : filter.interleave().filters()) {
      auto passed = pass(part, cells);
      std::move(passed.begin(), passed.end(), std::back_inserter(all));
    }
    std::stable_sort(all.begin(), all.end(), [](const Cell& a, const Cell& b) {
      return std::tuple(a.family, a.qualifier, -a.time_us) <
             std::tuple(b.family, b.qualifier, -b.time_us);
    });
    return all;
  }

  static bool in_range(const wire::ValueRange& range, const std::string& value) {
    const bool above = range.has_start_value_open() ? value > range.start_value_open()
                                                    : value >= range.start_value_closed();
    const bool below = range.has_end_value_open() ? value < range.end_value_open()
                                                  : value <= range.end_value_closed();
    return above && below;
  }

  // What the service demands of predicates, and an emulator may not.
  static void check_predicate(const wire::RowFilter& filter, bool outermost) {
    if (outermost) {
      EXPECT_LE(filter.ByteSizeLong(), 20U * 1024);
    }
    if (filter.has_value_range_filter()) {
      const auto& range = filter.value_range_filter();
      EXPECT_TRUE(range.start_value_case() != wire::ValueRange::START_VALUE_NOT_SET);
      EXPECT_TRUE(range.end_value_case() != wire::ValueRange::END_VALUE_NOT_SET);
    }
    EXPECT_TRUE(outermost || !filter.has_interleave());
    EXPECT_LE(filter.interleave().filters_size(), 3);
    for (const auto& part : filter.chain().filters())
      check_predicate(part, false);
    for (const auto& part : filter.interleave().filters())
      check_predicate(part, false);
  }

  void apply(const std::string& key, const wire::Mutation& mutation) {
    auto& row = rows_[key];
    if (mutation.has_set_cell()) {
      const auto& set = mutation.set_cell();
      EXPECT_TRUE(families.contains(set.family_name())) << set.family_name();
      EXPECT_TRUE(set.timestamp_micros() == server_time ||
                  (set.timestamp_micros() >= 0 && set.timestamp_micros() % cell_time_step == 0));
      put(key,
          Cell{set.family_name(), set.column_qualifier(), set.timestamp_micros(), set.value()});
    } else if (mutation.has_delete_from_row()) {
      row.clear();
    } else {
      std::erase_if(row, [&](const auto& cell) {
        const auto& [family, qualifier, time] = cell.first;
        if (mutation.has_delete_from_family()) {
          return family == mutation.delete_from_family().family_name();
        }
        const auto& column = mutation.delete_from_column();
        return family == column.family_name() && qualifier == column.column_qualifier();
      });
    }
    if (row.empty()) rows_.erase(key);
  }

  Clock& clock_;
  std::map<std::string, std::map<Column, std::string>> rows_;
};

}  // namespace objectstore::bigtable
