// A bucket of Google Cloud Storage as the long-term tier: docs/formats/gcs-objects.md.
#pragma once

#include <string>
#include <vector>

#include "backends/gcs/requests.h"
#include "runtime/task_scope.h"
#include "storage/blob_store.h"
#include "storage/listing.h"
#include "storage/multipart.h"

namespace objectstore {

// Blobs are objects of their revision's path. Uploads go by resumable sessions, which exist from
// BlobWriter::begin() on and are cancelled by their address; parts by the XML API.
//
// All parts outlive it. Its calls run on any executor that `requests` serves; chunks that dropped
// writers were sending go on there until they notice.
class GcsStore final : public BlobStore, public BlobLister, public MultipartBlobs {
 public:
  // The settings' bounds are the caller's to check.
  GcsStore(GcsSettings settings, StoreRequests& requests, Clock& clock, Random& random,
           BlockingPool& pool, Logger& logger);
  // close() has completed, or the executors are gone.
  ~GcsStore() override;
  GcsStore(const GcsStore&) = delete;
  GcsStore& operator=(const GcsStore&) = delete;

  // Waits for what dropped writers were sending. No call may be made after it.
  [[nodiscard]] Task<void> close();

  [[nodiscard]] Result<void> check_name(std::string_view object_path) const override;
  [[nodiscard]] Task<Result<std::unique_ptr<BlobWriter>>> create(const Revision& name,
                                                                 const Metadata& metadata) override;
  [[nodiscard]] Task<Result<std::unique_ptr<BlobReader>>> open(const Revision& name) override;
  // for_good where the upload's address is given: the session has ended then. Without it an upload
  // that another process has begun may still finish.
  [[nodiscard]] Task<Result<Discarded>> discard(const Revision& name,
                                                std::string_view upload) override;
  [[nodiscard]] Task<Result<bool>> extend(const Revision& name, WallTime deadline) override;

  [[nodiscard]] Task<Result<BlobPage>> list_blobs(std::string from, std::size_t limit) override;

  [[nodiscard]] Task<Result<std::string>> initiate(const Revision& name,
                                                   const Metadata& metadata) override;
  [[nodiscard]] Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> put_part(
      const Revision& name, std::string_view upload_id, PartToUpload part) override;
  [[nodiscard]] Task<Result<std::variant<PartPage, NoSuchUpload>>> list_parts(
      const Revision& name, std::string_view upload_id, ListParts request) override;
  [[nodiscard]] Task<Result<std::variant<BlobCompleted, NoSuchUpload, PartRefused>>> complete(
      const Revision& name, std::string_view upload_id,
      const std::vector<ListedPart>& parts) override;
  [[nodiscard]] Task<Result<void>> abort(const Revision& name, std::string_view upload_id) override;
  [[nodiscard]] Task<Result<void>> abort_all(const Revision& name) override;

 private:
  [[nodiscard]] Task<Result<bool>> end_upload(const Revision& name, std::string_view upload);
  [[nodiscard]] Task<Result<void>> delete_object(const Revision& name);

  GcsContextPtr context_;
  TaskScope background_;
};

}  // namespace objectstore
