#include "app/single_bucket.h"

#include "app/tiers.h"

namespace objectstore {

namespace {

std::unique_ptr<BlobStore> metered(BlobStore& blobs, const Machine& machine) {
  if (machine.metrics == nullptr) return nullptr;
  return std::make_unique<MeteredBlobStore>(blobs, *machine.metrics, machine.clock);
}

}  // namespace

SingleBucket::SingleBucket(std::unique_ptr<BlobTier> bucket, const Machine& machine)
    : bucket_(std::move(bucket)),
      metered_(metered(bucket_->blobs(), machine)),
      objects_(blobs(), machine.clock) {
  auto* parts = bucket_->multipart();
  if (parts == nullptr) return;
  if (machine.metrics != nullptr) {
    parts = &metered_multipart_.emplace(*parts, *machine.metrics, machine.clock);
  }
  multipart_.emplace(blobs(), *parts);
}

Task<void> SingleBucket::stop(Duration) {
  return bucket_->close();
}

Result<ScrubParts> SingleBucket::maintenance() {
  return one_tier();
}

}  // namespace objectstore
