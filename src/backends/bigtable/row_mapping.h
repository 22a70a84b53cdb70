// Rows of objects as cells, and back: the formats of the existing service with what the change
// protocol adds (docs/formats/bigtable-rows.md, storage-formats.md section 4).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/bigtable/table_client.h"
#include "storage/row_cells.h"
#include "storage/row_store.h"

namespace objectstore::bigtable {

// What becomes of redirects whose deadline passes.
enum class ExpiringRedirects : std::uint8_t {
  collected,  // by the table, like inline rows: for a long-term tier that expires blobs by itself
  kept,       // until a sweep deletes them and their blobs
};

// How the row says that it is a redirect.
enum class RedirectForm : std::uint8_t {
  none,
  current,
  empty_target,  // `r` is empty
  in_metadata,   // a member of `m`
};

struct DecodedRow {
  RowCells cells;
  RedirectForm redirect_form = RedirectForm::none;
};

// What the cells of a row say; cells that are none of this format's are ignored. `part` tells
// whether the payload was asked for, `now` when the reading began: of rows whose deadline has
// passed, the table may have collected some cells already. `corrupt`, with the key and what is
// wrong, where the cells make no row.
[[nodiscard]] Result<DecodedRow> decode_row(TableRow row, RowPart part, WallTime now);

// The cells of a row that was cleared and written with `state` and `stamp`.
[[nodiscard]] std::vector<Cell> cells_of(const RowState& state, const Stamp& stamp,
                                         ExpiringRedirects redirects);
// Those of a redirect alone: `r` and `t`.
[[nodiscard]] std::vector<Cell> redirect_cells(const RedirectRow& redirect,
                                               ExpiringRedirects redirects);

// The family of redirects that have a deadline.
[[nodiscard]] std::string_view expiring_family(ExpiringRedirects redirects);

// The first cell of a column, its newest; null: there is none.
[[nodiscard]] const Cell* find_cell(const TableRow& row, std::string_view family,
                                    std::string_view qualifier);

// What a legacy redirect's `m` begins with; ',' or '}' follows.
inline constexpr std::string_view legacy_redirect_prefix = R"({"is_redirect_tombstone":true)";

// A key in messages: bytes other than visible ASCII are escaped.
[[nodiscard]] std::string printable_key(std::string_view key);

}  // namespace objectstore::bigtable
