// A store of blobs in parts whose requests are timed, and whose bytes are counted.
#pragma once

#include "storage/multipart.h"
#include "storage/tier_metrics.h"

namespace objectstore {

// Passes every request on as it is. All of them outlive it.
class MeteredMultipartBlobs final : public MultipartBlobs {
 public:
  MeteredMultipartBlobs(MultipartBlobs& inner, Metrics& metrics, const Clock& clock,
                        const std::string& tier = "long-term")
      : inner_(inner), tier_(metrics, clock, tier), bytes_(metrics, tier) {}

  Task<Result<std::string>> initiate(const Revision& name, const Metadata& metadata) override;
  Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> put_part(
      const Revision& name, std::string_view upload_id, PartToUpload part) override;
  Task<Result<std::variant<PartPage, NoSuchUpload>>> list_parts(const Revision& name,
                                                                std::string_view upload_id,
                                                                ListParts request) override;
  Task<Result<std::variant<BlobCompleted, NoSuchUpload, PartRefused>>> complete(
      const Revision& name, std::string_view upload_id,
      const std::vector<ListedPart>& parts) override;
  Task<Result<void>> abort(const Revision& name, std::string_view upload_id) override;
  Task<Result<void>> abort_all(const Revision& name) override;

 private:
  using Operation = TierMetrics::Operation;

  MultipartBlobs& inner_;
  TierMetrics tier_;
  TierBytes bytes_;
  Operation initiate_{tier_, "initiate"};
  // The client's pace is in it, as in an upload.
  Operation put_part_{tier_, "put_part"};
  Operation list_parts_{tier_, "list_parts"};
  Operation complete_{tier_, "complete"};
  Operation abort_{tier_, "abort"};
  Operation abort_all_{tier_, "abort_all"};
};

}  // namespace objectstore
