// Multipart uploads of large objects (docs/adr/0001-change-protocol.md, "Multipart uploads"): the
// upload is the change, from its start to its end, so that an abandoned one leaks nothing.
#pragma once

#include "storage/multipart_objects.h"
#include "tiered/upload_completion.h"
#include "tiered/upload_token.h"

namespace objectstore {

class TieredMultipart final : public MultipartObjects {
 public:
  // Needs a durable change log: without one there is nobody to end abandoned uploads, and nothing
  // that keeps two completions apart.
  TieredMultipart(TieredContext& context, UploadCompletion& completion,
                  UploadSettlement& settlement, MultipartParts parts)
      : context_(context), completion_(completion), settlement_(settlement), parts_(parts) {}

  Task<Result<std::string>> initiate(const ObjectId& id, Metadata metadata) override;
  Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> put_part(
      const ObjectId& id, std::string_view upload_id, PartToUpload part) override;
  Task<Result<std::variant<PartPage, NoSuchUpload>>> list_parts(const ObjectId& id,
                                                                std::string_view upload_id,
                                                                ListParts request) override;
  Task<Result<CompleteResult>> complete(const ObjectId& id, std::string_view upload_id,
                                        const std::vector<ListedPart>& parts) override;
  // unavailable while the upload is being completed.
  Task<Result<void>> abort(const ObjectId& id, std::string_view upload_id) override;

 private:
  // An upload whose beginning has failed.
  [[nodiscard]] Task<void> abandon(LogEntry entry);

  TieredContext& context_;
  UploadCompletion& completion_;
  UploadSettlement& settlement_;
  MultipartParts parts_;
};

}  // namespace objectstore
