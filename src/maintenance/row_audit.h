// The walk over the rows: rows that can't be read, that point to nothing, or that should be gone;
// and, in deep runs, every payload that a row holds or points to.
#pragma once

#include <optional>

#include "maintenance/scrub_context.h"

namespace objectstore {

class RowAudit {
 public:
  explicit RowAudit(ScrubContext& context) : context_(context) {}

  // One page from the position `from`; the position of the next, empty at the end.
  [[nodiscard]] Task<Result<std::string>> page(std::string from);

 private:
  // What is wrong with a row or what it points to; `object` is not set.
  using Flaw = std::optional<Finding>;

  [[nodiscard]] Task<Result<void>> check(ListedRow row);
  // Looks at the row as it was read. An error says nothing about the row.
  [[nodiscard]] Task<Result<Flaw>> look(const ListedRow& row);
  [[nodiscard]] Task<Result<Flaw>> look_at_payload(const std::string& key);
  [[nodiscard]] Task<Result<Flaw>> look_at_blob(const RedirectRow& redirect);
  // Reads the blob to its end.
  [[nodiscard]] Task<Result<void>> verify(BlobReader& reader);

  ScrubContext& context_;
};

}  // namespace objectstore
