#include "testing/sim_listers.h"

namespace objectstore::testing {

Task<Result<RowPage>> SimListers::list_rows(std::string from, std::size_t limit) {
  return network_.ask<RowPage>("list rows", [this, from = std::move(from), limit] {
    return network_.process().world().immediately(backends_.rows.list_rows(from, limit));
  });
}

Task<Result<ListedRow>> SimListers::inspect(std::string_view key) {
  return network_.ask<ListedRow>("inspect", [this, key = std::string(key)] {
    return network_.process().world().immediately(backends_.rows.inspect(key));
  });
}

Task<Result<BlobPage>> SimListers::list_blobs(std::string from, std::size_t limit) {
  return network_.ask<BlobPage>("list blobs", [this, from = std::move(from), limit] {
    return network_.process().world().immediately(backends_.blobs.list_blobs(from, limit));
  });
}

}  // namespace objectstore::testing
