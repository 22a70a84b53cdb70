// Multipart uploads whose calls are timed, by usecase.
#pragma once

#include "runtime/clock.h"
#include "storage/multipart_objects.h"
#include "tiered/tiered_metrics.h"

namespace objectstore {

// Passes every call on as it is. A call has succeeded when it did what it was asked for: an upload
// that is not there is none.
class MeteredMultipart final : public MultipartObjects {
 public:
  // Both outlive it.
  MeteredMultipart(MultipartObjects& inner, TieredMetrics metrics, const Clock& clock)
      : inner_(inner), metrics_(std::move(metrics)), clock_(clock) {}

  Task<Result<std::string>> initiate(const ObjectId& id, Metadata metadata) override;
  Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> put_part(
      const ObjectId& id, std::string_view upload_id, PartToUpload part) override;
  Task<Result<std::variant<PartPage, NoSuchUpload>>> list_parts(const ObjectId& id,
                                                                std::string_view upload_id,
                                                                ListParts request) override;
  Task<Result<CompleteResult>> complete(const ObjectId& id, std::string_view upload_id,
                                        const std::vector<ListedPart>& parts) override;
  Task<Result<void>> abort(const ObjectId& id, std::string_view upload_id) override;

 private:
  MultipartObjects& inner_;
  const TieredMetrics metrics_;
  const Clock& clock_;
};

}  // namespace objectstore
