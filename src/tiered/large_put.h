// Puts whose payload goes to the long-term tier (docs/adr/0001-change-protocol.md, "Large writes").
#pragma once

#include "storage/object_store.h"
#include "tiered/protected_write.h"

namespace objectstore {

class LargePut {
 public:
  LargePut(TieredContext& context, Settlement& settlement, ProtectedWrite& protected_write)
      : context_(context), settlement_(settlement), protected_write_(protected_write) {}

  // Stores `head`, the bytes that were read already, and what is left of `upload`; the number of
  // bytes.
  [[nodiscard]] Task<Result<std::uint64_t>> run(std::string key, Metadata metadata,
                                                std::string head, Upload upload);

 private:
  struct Progress;
  struct Prepared {
    Begun begun;
    ChangeGuard guard;
  };

  // Step 4 but for its end: the bytes on their way into the store.
  [[nodiscard]] Task<Result<void>> stream(BlobWriter& writer, std::string head, Upload upload,
                                          Progress& progress);
  // Steps 1 to 3, meanwhile, and what the store may be told once the entry is recorded.
  [[nodiscard]] Task<Result<Prepared>> prepare(BlobWriter& writer, std::string key,
                                               const Revision& revision, Progress& progress);
  [[nodiscard]] Task<Result<void>> begin_upload(BlobWriter& writer, ChangeGuard& guard,
                                                const Progress& progress);
  // An upload that goes on longer could finish after the sweep that looks for late ones.
  [[nodiscard]] Result<void> check_deadline(const Progress& progress) const;
  // Before finish(): the blob does not exist, and nothing that was committed points to it.
  [[nodiscard]] Task<void> discard_unfinished(const Revision& revision, const std::string& upload);

  TieredContext& context_;
  Settlement& settlement_;
  ProtectedWrite& protected_write_;
};

}  // namespace objectstore
