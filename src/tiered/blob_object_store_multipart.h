// Multipart uploads of objects on a single tier (tiered/blob_object_store.h). Only the store knows
// of an upload: abandoned ones are for its own rules to collect.
#pragma once

#include "storage/blob_store.h"
#include "storage/multipart_objects.h"

namespace objectstore {

// Upload ids of clients are base64url, without padding, of: a checksum of the object's storage path
// (8 bytes), the creation time of the object to be (8 bytes, microseconds since the epoch; both
// little endian), and the store's id. By that time an object that was completed before is known
// again, where the store keeps it.
class BlobMultipartObjects final : public MultipartObjects {
 public:
  // Two sides of one store, which outlives this; a completion replaces the blob that is there.
  BlobMultipartObjects(BlobStore& blobs, MultipartBlobs& multipart)
      : blobs_(blobs), multipart_(multipart) {}

  [[nodiscard]] Task<Result<std::string>> initiate(const ObjectId& id, Metadata metadata) override;
  [[nodiscard]] Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> put_part(
      const ObjectId& id, std::string_view upload_id, PartToUpload part) override;
  [[nodiscard]] Task<Result<std::variant<PartPage, NoSuchUpload>>> list_parts(
      const ObjectId& id, std::string_view upload_id, ListParts request) override;
  [[nodiscard]] Task<Result<CompleteResult>> complete(
      const ObjectId& id, std::string_view upload_id,
      const std::vector<ListedPart>& parts) override;
  [[nodiscard]] Task<Result<void>> abort(const ObjectId& id, std::string_view upload_id) override;

 private:
  // Whether the object is the one that was created at that time.
  [[nodiscard]] Task<Result<bool>> is_completed(const Revision& name, std::uint64_t created_us);

  BlobStore& blobs_;
  MultipartBlobs& multipart_;
};

}  // namespace objectstore
