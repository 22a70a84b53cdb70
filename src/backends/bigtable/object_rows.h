// Walks over the rows of objects, past those of the change log.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "backends/bigtable/table_client.h"

namespace objectstore::bigtable {

// Up to `limit` (at least 1) rows of objects with cells that pass `filter`, in key order, from the
// position `from` on (empty: from the start); fewer, with a place to go on from, where it takes too
// long. `table` outlives the call.
[[nodiscard]] Task<Result<RowsPage>> find_object_rows(TableClient& table, std::string from,
                                                      wire::RowFilter filter, std::size_t limit);

}  // namespace objectstore::bigtable
