// Small puts and deletes (docs/adr/0001-change-protocol.md, "Small writes and stamps").
#pragma once

#include "tiered/protected_write.h"
#include "tiered/usecase_metrics.h"

namespace objectstore {

class SmallWrite {
 public:
  SmallWrite(TieredContext& context, ProtectedWrite& protected_write)
      : context_(context), protected_write_(protected_write) {}

  // Writes `state` (inline or absent) over whatever the row holds; the tier of what was replaced.
  [[nodiscard]] Task<Result<Tier>> run(std::string key, RowState state);

  // The slow path on its own: over a row that `begun` was opened on.
  [[nodiscard]] Task<Result<void>> overwrite(Begun begun, RowState state);

 private:
  // One conditional write; sent again, the same, while its outcome is unknown.
  // Applied, refused at the first try, or an error.
  [[nodiscard]] Task<Result<bool>> fast_path(const std::string& key, const RowState& state,
                                             const Stamp& stamp, MonotonicTime deadline);

  TieredContext& context_;
  ProtectedWrite& protected_write_;
};

}  // namespace objectstore
