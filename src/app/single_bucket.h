// Objects in one bucket, without tiers; nothing runs beside requests.
#pragma once

#include <memory>
#include <optional>

#include "app/blob_tier.h"
#include "app/storage.h"
#include "storage/metered_blob_store.h"
#include "storage/metered_multipart_blobs.h"
#include "tiered/blob_object_store.h"
#include "tiered/blob_object_store_multipart.h"

namespace objectstore {

class SingleBucket final : public Storage {
 public:
  SingleBucket(std::unique_ptr<BlobTier> bucket, const Machine& machine);

  Task<Result<void>> connect() override { return bucket_->connect(); }
  ObjectStore& objects() override { return objects_; }
  MultipartObjects* multipart() override { return multipart_ ? &*multipart_ : nullptr; }
  [[nodiscard]] bool writable() const override { return true; }
  void start(const boost::asio::any_io_executor&) override {}
  void start_heartbeats(const boost::asio::any_io_executor&) override {}
  Task<void> stop(Duration limit) override;
  Result<ScrubParts> maintenance() override;

 private:
  [[nodiscard]] BlobStore& blobs() { return metered_ ? *metered_ : bucket_->blobs(); }
  [[nodiscard]] Task<void> give_up_after(Duration limit);

  Clock& clock_;
  Logger& logger_;
  std::unique_ptr<BlobTier> bucket_;
  // Unset: nothing is counted.
  std::unique_ptr<BlobStore> metered_;
  std::optional<MeteredMultipartBlobs> metered_multipart_;
  BlobObjectStore objects_;
  std::optional<BlobMultipartObjects> multipart_;
};

}  // namespace objectstore
