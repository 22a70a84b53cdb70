#include "backends/bigtable/predicates.h"

#include <chrono>

#include "backends/bigtable/cell_names.h"
#include "backends/bigtable/stamp_cell.h"

namespace objectstore::bigtable {

namespace {

// No text has it: the bound above all of them.
constexpr std::string_view above_all_texts = "\xff";
// Enough of a value to tell it from others, twice, within the limit of a filter's size.
constexpr std::size_t compared_bytes = 4096;

wire::RowFilter value_between(std::string_view from, bool inclusive, std::string_view to) {
  wire::RowFilter filter;
  auto& range = *filter.mutable_value_range_filter();
  if (inclusive) {
    range.set_start_value_closed(std::string(from));
  } else {
    range.set_start_value_open(std::string(from));
  }
  range.set_end_value_closed(std::string(to));
  return filter;
}

wire::RowFilter column(std::string_view families, std::string_view qualifier) {
  return chain({family_matches(families), column_matches(qualifier)});
}

// The old form of a redirect, as the value of a metadata cell.
wire::RowFilter is_legacy_redirect() {
  return value_matches("\\" + std::string(legacy_redirect_prefix) + R"([,}][\s\S]*)");
}

wire::RowFilter legacy_redirect() {
  return chain(
      {family_matches(object_families), column_matches(metadata_column), is_legacy_redirect()});
}

wire::RowFilter stamp_matching(std::optional<wire::RowFilter> value) {
  std::vector<wire::RowFilter> filters{family_matches(intent_family), column_matches(stamp_column),
                                       newest_version()};
  if (value) filters.push_back(*std::move(value));
  return chain(std::move(filters));
}

// A cell of the redirect column, or of the column of legacy redirects, with `value`.
wire::RowFilter object_cell(const ExactCell& where, std::string_view qualifier,
                            wire::RowFilter value) {
  std::vector<wire::RowFilter> filters{family_matches(where.family_regex),
                                       column_matches(qualifier), newest_version()};
  if (where.time) filters.push_back(dated(*where.time));
  filters.push_back(std::move(value));
  return chain(std::move(filters));
}

}  // namespace

wire::RowFilter chain(std::vector<wire::RowFilter> filters) {
  wire::RowFilter filter;
  for (auto& part : filters)
    *filter.mutable_chain()->add_filters() = std::move(part);
  return filter;
}

wire::RowFilter interleave(std::vector<wire::RowFilter> filters) {
  wire::RowFilter filter;
  for (auto& part : filters)
    *filter.mutable_interleave()->add_filters() = std::move(part);
  return filter;
}

wire::RowFilter family_matches(std::string_view regex) {
  wire::RowFilter filter;
  filter.set_family_name_regex_filter("^" + std::string(regex) + "$");
  return filter;
}

wire::RowFilter column_matches(std::string_view regex) {
  wire::RowFilter filter;
  filter.set_column_qualifier_regex_filter("^" + std::string(regex) + "$");
  return filter;
}

wire::RowFilter newest_version() {
  wire::RowFilter filter;
  filter.set_cells_per_column_limit_filter(1);
  return filter;
}

wire::RowFilter value_matches(std::string_view regex) {
  wire::RowFilter filter;
  filter.set_value_regex_filter("^" + std::string(regex) + "$");
  return filter;
}

wire::RowFilter value_is(std::string_view value) {
  return value_between(value, true, value);
}

wire::RowFilter value_from(std::string_view from, bool inclusive) {
  return value_between(from, inclusive, above_all_texts);
}

wire::RowFilter value_begins_as(std::string_view value) {
  const std::string beginning(value.substr(0, compared_bytes));
  return value_between(beginning, true, beginning + std::string(above_all_texts));
}

wire::RowFilter dated(std::int64_t cell_time) {
  wire::RowFilter filter;
  auto& range = *filter.mutable_timestamp_range_filter();
  range.set_start_timestamp_micros(cell_time);
  // Beyond the last time there is nothing, and no end means none.
  if (cell_time < cell_time_of_ms(last_cell_ms)) {
    range.set_end_timestamp_micros(cell_time + cell_time_step);
  }
  return filter;
}

wire::RowFilter dated_before(std::int64_t cell_time) {
  // An end of zero would mean no end.
  if (cell_time <= 0) {
    wire::RowFilter filter;
    filter.set_block_all_filter(true);
    return filter;
  }
  wire::RowFilter filter;
  filter.mutable_timestamp_range_filter()->set_end_timestamp_micros(cell_time);
  return filter;
}

const wire::RowFilter& state_columns() {
  static const auto filter = column_matches("[mprts]");
  return filter;
}

const wire::RowFilter& metadata_columns() {
  static const auto filter = column_matches("[mrts]");
  return filter;
}

const wire::RowFilter& all_but_payload() {
  static const auto filter = column_matches(R"(([^p]|[\s\S]{2,}))");
  return filter;
}

wire::RowFilter expired_redirects(WallTime now) {
  const auto first_later = std::chrono::ceil<std::chrono::milliseconds>(now);
  return chain({family_matches(kept_family), column_matches(policy_column), newest_version(),
                dated_before(cell_time(first_later)),
                value_matches(R"([\s\S]*"expiration_policy"[\s\S]*)")});
}

wire::RowFilter redirect_or_stamp_from(const Stamp& stamp) {
  return interleave({column(object_families, redirect_column), legacy_redirect(),
                     stamp_matching(value_from(encode_stamp(stamp), true))});
}

wire::RowFilter redirect_or_stamp_above(const std::optional<Stamp>& stamp) {
  std::optional<wire::RowFilter> above;
  if (stamp) above = value_from(encode_stamp(*stamp), false);
  return interleave({column(object_families, redirect_column), legacy_redirect(),
                     stamp_matching(std::move(above))});
}

wire::RowFilter points_to(const Revision& target, const ExactCell& where) {
  auto path = object_cell(where, redirect_column, value_is(target.path()));
  if (target.path() != target.object_path()) return path;
  // The old forms that mean the object's own path.
  return interleave({std::move(path), object_cell(where, redirect_column, value_matches("")),
                     object_cell(where, metadata_column, is_legacy_redirect())});
}

wire::RowFilter intent_is_open(const AttemptId& attempt) {
  return chain({family_matches(intent_family), column_matches(attempt.id.str()), newest_version(),
                value_is(open_intent)});
}

wire::Mutation set_cell(Cell cell) {
  wire::Mutation mutation;
  auto& set = *mutation.mutable_set_cell();
  set.set_family_name(std::move(cell.family));
  set.set_column_qualifier(std::move(cell.qualifier));
  set.set_timestamp_micros(cell.time_us);
  set.set_value(std::move(cell.value));
  return mutation;
}

wire::Mutation delete_row() {
  wire::Mutation mutation;
  (void)mutation.mutable_delete_from_row();
  return mutation;
}

wire::Mutation delete_family(std::string_view family) {
  wire::Mutation mutation;
  mutation.mutable_delete_from_family()->set_family_name(std::string(family));
  return mutation;
}

wire::Mutation delete_column(std::string_view family, std::string_view qualifier) {
  wire::Mutation mutation;
  auto& deleted = *mutation.mutable_delete_from_column();
  deleted.set_family_name(std::string(family));
  deleted.set_column_qualifier(std::string(qualifier));
  return mutation;
}

}  // namespace objectstore::bigtable
