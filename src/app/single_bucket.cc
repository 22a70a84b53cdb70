#include "app/single_bucket.h"

#include "app/tiers.h"

namespace objectstore {

SingleBucket::SingleBucket(std::unique_ptr<BlobTier> bucket, const Machine& machine)
    : bucket_(std::move(bucket)), objects_(bucket_->blobs(), machine.clock) {
  if (auto* parts = bucket_->multipart()) multipart_.emplace(bucket_->blobs(), *parts);
}

Task<void> SingleBucket::stop(Duration) {
  return bucket_->close();
}

Result<ScrubParts> SingleBucket::maintenance() {
  return one_tier();
}

}  // namespace objectstore
