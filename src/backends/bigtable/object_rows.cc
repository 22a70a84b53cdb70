#include "backends/bigtable/object_rows.h"

#include <algorithm>
#include <iterator>

#include "backends/bigtable/cell_names.h"

namespace objectstore::bigtable {

Task<Result<RowsPage>> find_object_rows(TableClient& table, std::string from,
                                        wire::RowFilter filter, std::size_t limit) {
  RowsPage found;
  limit = std::max<std::size_t>(1, limit);
  while (true) {
    const bool before_reserved = from < reserved_keys;
    KeyRange range;
    range.from = std::move(from);
    if (before_reserved) {
      range.to = reserved_keys;
    } else {
      range.from = std::max(range.from, std::string(after_reserved_keys));
    }
    CO_TRY_ASSIGN(auto page,
                  co_await table.read_page(std::move(range), filter, limit - found.rows.size()));
    std::move(page.rows.begin(), page.rows.end(), std::back_inserter(found.rows));
    if (!page.next.empty()) {
      found.next = std::move(page.next);
      break;
    }
    if (!before_reserved) break;
    from = after_reserved_keys;
  }
  co_return std::move(found);
}

}  // namespace objectstore::bigtable
