// Completing a multipart upload: one attempt at a time holds the upload, makes the blob exist, and
// commits it to the row.
#pragma once

#include "changelog/upload_hold.h"
#include "storage/multipart_objects.h"
#include "tiered/protected_write.h"
#include "tiered/upload_settlement.h"
#include "tiered/upload_token.h"

namespace objectstore {

class UploadCompletion {
 public:
  UploadCompletion(TieredContext& context, ProtectedWrite& protected_write, Settlement& settlement,
                   UploadSettlement& uploads, MultipartParts parts)
      : context_(context),
        protected_write_(protected_write),
        settlement_(settlement),
        uploads_(uploads),
        parts_(parts) {}

  [[nodiscard]] Task<Result<CompleteResult>> run(const UploadToken& token,
                                                 const std::vector<ListedPart>& parts);

 private:
  // The entry of the upload, which nobody holds; or the answer.
  using Found = std::variant<LogEntry, CompleteResult>;
  [[nodiscard]] Task<Result<Found>> find(const UploadToken& token);
  // The entry as this attempt holds it; unset: it was no longer as it was found.
  [[nodiscard]] Task<Result<std::optional<LogEntry>>> hold(const LogEntry& idle,
                                                           const Begun& begun);
  // Closes the intent of an attempt that will not commit and does not hold the entry: a holder's is
  // recovery's evidence. Where that fails, the intent goes as those of crashed attempts do.
  [[nodiscard]] Task<void> withdraw(const Begun& begun);
  [[nodiscard]] Task<Result<CompleteResult>> complete_held(UploadHold& hold, const Begun& begun,
                                                           const UploadToken& token,
                                                           const std::vector<ListedPart>& parts);
  // The store's complete call, and a look for the blob where that did not say that it is there.
  // The blob's metadata, or the answer that ends the attempt.
  using Assembled = std::variant<Metadata, NoSuchUpload, PartRefused>;
  [[nodiscard]] Task<Result<Assembled>> assemble(const UploadToken& token,
                                                 const std::vector<ListedPart>& parts);
  // Step 5 and what follows from it.
  [[nodiscard]] Task<Result<CompleteResult>> commit(UploadHold& hold, const Begun& begun,
                                                    const UploadToken& token,
                                                    const Metadata& metadata);
  [[nodiscard]] Task<Result<CompleteResult>> resolve(UploadHold& hold, const Begun& begun,
                                                     const UploadToken& token,
                                                     const Metadata& metadata, Mutation committed);
  // After a commit: what was replaced goes, then the entry.
  [[nodiscard]] Task<void> clean_up(LogEntry held);
  [[nodiscard]] Task<void> clean_up_task(LogEntry held);

  TieredContext& context_;
  ProtectedWrite& protected_write_;
  Settlement& settlement_;
  UploadSettlement& uploads_;
  MultipartParts parts_;
};

}  // namespace objectstore
