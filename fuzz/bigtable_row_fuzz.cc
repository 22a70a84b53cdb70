// Rows of Bigtable: any cells, which other programs may have written.
#include <tuple>

#include "backends/bigtable/cell_names.h"
#include "backends/bigtable/quarantine_cell.h"
#include "backends/bigtable/row_mapping.h"
#include "backends/bigtable/stamp_cell.h"
#include "fuzz.h"

namespace objectstore::bigtable {
namespace {

constexpr std::string_view families[] = {"fg", "fm", "fi", "fc"};
constexpr std::string_view qualifiers[] = {
    "p", "m", "r", "t", "s", "c", "0196523c-7b2a-7d3e-9c51-0d2f6a1b4e77"};
const WallTime now = from_unix_ms(1'750'000'000'000);

// As a table keeps them: by family, qualifier, newest first, and none twice.
void arrange(std::vector<Cell>& cells) {
  const auto place = [](const Cell& cell) {
    return std::tuple(cell.family, cell.qualifier, -cell.time_us);
  };
  std::sort(cells.begin(), cells.end(),
            [&](const Cell& a, const Cell& b) { return place(a) < place(b); });
  cells.erase(std::unique(cells.begin(), cells.end(),
                          [&](const Cell& a, const Cell& b) { return place(a) == place(b); }),
              cells.end());
}

TableRow some_row(fuzz::Input& in) {
  TableRow row;
  row.key = "u/" + std::string(in.text());  // no row has an empty key
  while (!in.empty() && row.cells.size() < 16) {
    Cell cell;
    cell.family = families[in.below(std::size(families))];
    cell.qualifier = qualifiers[in.below(std::size(qualifiers))];
    // Any time that a table may hold, most of them near `now`.
    const auto offset = in.number<std::uint16_t>();
    cell.time_us = in.flag() ? cell_time(now) + (std::int64_t{offset} - 0x8000) * cell_time_step
                             : cell_time_of_ms(in.number<std::uint64_t>());
    cell.value = std::string(in.text());
    // A path of the row's own, which chance would not find.
    if (cell.qualifier == redirect_column && cell.value.size() == 16) {
      cell.value = Revision(row.key, *Uuid::from_bytes(cell.value)).path();
    }
    row.cells.push_back(std::move(cell));
  }
  arrange(row.cells);
  return row;
}

// The table dates by its own clock what is not dated.
TableRow stored(const std::string& key, std::vector<Cell> cells) {
  for (auto& cell : cells) {
    if (cell.time_us == server_time) cell.time_us = cell_time(now);
    FUZZ_CHECK(cell.time_us >= 0 && cell.time_us % cell_time_step == 0);
  }
  arrange(cells);
  return TableRow{key, std::move(cells)};
}

// What was read and is written is read again, in every configuration.
void check_written(const std::string& key, const RowState& state, const Stamp& stamp) {
  for (const auto redirects : {ExpiringRedirects::collected, ExpiringRedirects::kept}) {
    const auto cells = cells_of(state, stamp, redirects);
    const auto again = decode_row(stored(key, cells), RowPart::everything, now);
    FUZZ_CHECK(again.ok());
    FUZZ_CHECK(again->cells.stamp == stamp);
    RowState expected = state;
    if (auto* redirect = std::get_if<RedirectRow>(&expected)) {
      // A policy without a deadline, in an old form, becomes one that never comes.
      const bool dated = redirect->deadline || redirect->policy.kind != ExpirationKind::manual;
      if (dated) {
        redirect->deadline = wall_time(cell_time(redirect->deadline.value_or(WallTime::max())));
      }
      FUZZ_CHECK(again->redirect_form == RedirectForm::current);
    }
    if (auto* value = std::get_if<InlineRow>(&expected)) {
      auto& deadline = value->metadata.time_expires;
      if (deadline) deadline = wall_time(cell_time(*deadline));
    }
    FUZZ_CHECK(again->cells.state == expected);
  }
}

void check_row(const TableRow& row, RowPart part) {
  auto decoded = decode_row(row, part, now);
  if (!decoded.ok()) {
    FUZZ_CHECK(decoded.error().code() == ErrorCode::corrupt);
    FUZZ_CHECK(decoded.error().message().find(printable_key(row.key)) != std::string::npos);
    FUZZ_CHECK(!fuzz::has_control(decoded.error().message()));
    return;
  }
  auto& state = decoded->cells.state;
  const auto* redirect = std::get_if<RedirectRow>(&state);
  FUZZ_CHECK((redirect != nullptr) == (decoded->redirect_form != RedirectForm::none));
  if (redirect != nullptr) FUZZ_CHECK(redirect->target.object_path() == row.key);
  // A redirect's cell makes a redirect, whatever else there is: so do the predicates see it.
  const auto* cell = find_cell(row, kept_family, redirect_column);
  if (cell == nullptr) cell = find_cell(row, collected_family, redirect_column);
  if (cell != nullptr) FUZZ_CHECK(redirect != nullptr);
  if (part != RowPart::everything) return;
  // A policy of manual in a family that has deadlines is other writers' alone.
  if (redirect != nullptr && redirect->deadline &&
      redirect->policy.kind == ExpirationKind::manual) {
    return;
  }
  check_written(row.key, state, decoded->cells.stamp.value_or(Stamp{1, Uuid()}));
}

void check_stamp(std::string_view text) {
  if (const auto stamp = decode_stamp(text)) FUZZ_CHECK(encode_stamp(*stamp) == text);
}

void check_quarantined(std::string_view text) {
  const std::string stored(text);
  const auto row = decode_quarantine_row(TableRow{"~quarantine/x", {Cell{"fc", "c", 0, stored}}});
  const auto& entry = row.entry;
  if (entry.text.empty() && entry.state.empty()) return;
  FUZZ_CHECK(encode_quarantined(entry.reason, entry.value, entry.state) == text);
}

}  // namespace

FUZZ_TARGET(input) {
  check_stamp(input);
  check_quarantined(input);
  fuzz::Input in(input);
  const auto row = some_row(in);
  check_row(row, RowPart::everything);
  check_row(row, RowPart::metadata);
}

}  // namespace objectstore::bigtable
