#include "backends/bigtable/quarantine_cell.h"

#include <algorithm>

#include "backends/bigtable/cell_names.h"
#include "base/assert.h"
#include "base/encoding.h"

namespace objectstore::bigtable {

std::string encode_quarantined(std::string_view reason, std::string_view value,
                               std::string_view state) {
  std::string out;
  append_bytes(out, reason);
  append_bytes(out, value);
  if (!state.empty()) append_bytes(out, state);
  return out;
}

QuarantineRow decode_quarantine_row(TableRow row) {
  OBJECTSTORE_ASSERT(!row.cells.empty());
  QuarantineRow decoded;
  for (const auto& cell : row.cells)
    decoded.columns.push_back(cell.qualifier);
  auto newest =
      std::max_element(row.cells.begin(), row.cells.end(),
                       [](const Cell& a, const Cell& b) { return a.time_us < b.time_us; });
  decoded.column = newest->qualifier;
  auto& entry = decoded.entry;
  entry.key = std::move(row.key);
  entry.time = cell_ms(newest->time_us);
  Decoder in(newest->value);
  const auto reason = in.bytes();
  const auto value = in.bytes();
  const bool more = !in.rest().empty();
  const auto state = more ? in.bytes() : std::string_view();
  if (!reason || !value || !state || state->empty() == more || !in.done()) {
    entry.reason = "the quarantined entry itself can't be read";
    entry.value = std::move(newest->value);
    return decoded;
  }
  entry.reason = std::string(*reason);
  entry.value = std::string(*value);
  entry.text = entry.value;
  entry.state = std::string(*state);
  return decoded;
}

}  // namespace objectstore::bigtable
