// Filters and mutations of the requests, built from cells' names.
//
// What evaluates them refuses or mistreats some: a range of values without both bounds, a Condition
// as predicate (not atomic), more than 20 KB. So predicates are plain chains, or an interleave of
// two or three of them, and long values are recognised by their beginning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/bigtable/row_mapping.h"
#include "backends/bigtable/table_client.h"

namespace objectstore::bigtable {

// ---- filters

[[nodiscard]] wire::RowFilter chain(std::vector<wire::RowFilter> filters);
[[nodiscard]] wire::RowFilter interleave(std::vector<wire::RowFilter> filters);
// Regular expressions match the whole name.
[[nodiscard]] wire::RowFilter family_matches(std::string_view regex);
[[nodiscard]] wire::RowFilter column_matches(std::string_view regex);
[[nodiscard]] wire::RowFilter newest_version();
[[nodiscard]] wire::RowFilter value_matches(std::string_view regex);
[[nodiscard]] wire::RowFilter value_is(std::string_view value);
// Values in [from, "\xff"] or, without `inclusive`, above `from`: for texts.
[[nodiscard]] wire::RowFilter value_from(std::string_view from, bool inclusive);
// The value, or one that goes on where a long value was cut: enough for JSON, which ends itself.
[[nodiscard]] wire::RowFilter value_begins_as(std::string_view value);
// Cells of exactly this time; of an earlier one.
[[nodiscard]] wire::RowFilter dated(std::int64_t cell_time);
[[nodiscard]] wire::RowFilter dated_before(std::int64_t cell_time);

// ---- what is asked of rows of objects

// Everything but intents, of which a row may have many; the same without the payload; and all
// cells without the payload. One object each for the life of the program.
[[nodiscard]] const wire::RowFilter& state_columns();
[[nodiscard]] const wire::RowFilter& metadata_columns();
[[nodiscard]] const wire::RowFilter& all_but_payload();
// The policies of redirects whose deadline is before `now` and which the table keeps.
[[nodiscard]] wire::RowFilter expired_redirects(WallTime now);

// The row is a redirect, of whatever form; or holds a stamp not below, or above, `stamp`.
[[nodiscard]] wire::RowFilter redirect_or_stamp_from(const Stamp& stamp);
[[nodiscard]] wire::RowFilter redirect_or_stamp_above(const std::optional<Stamp>& stamp);
// The row points to `target`; where a time is given, in a cell of that family and time.
struct ExactCell {
  std::string_view family_regex;
  std::optional<std::int64_t> time;
};
[[nodiscard]] wire::RowFilter points_to(const Revision& target, const ExactCell& where);
// The newest version of the attempt's intent is `open`.
[[nodiscard]] wire::RowFilter intent_is_open(const AttemptId& attempt);

// ---- mutations

[[nodiscard]] wire::Mutation set_cell(Cell cell);
[[nodiscard]] wire::Mutation delete_row();
[[nodiscard]] wire::Mutation delete_family(std::string_view family);
[[nodiscard]] wire::Mutation delete_column(std::string_view family, std::string_view qualifier);

}  // namespace objectstore::bigtable
