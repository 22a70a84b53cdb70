// An object of S3 being read, by ranged requests on the very version that was opened.
//
// S3 checks what it stores; what arrives is checked against the object's CRC-32C where all of it is
// read and S3 knows it: the last piece is handed out only then.
#pragma once

#include <memory>
#include <string>

#include "backends/s3/bucket.h"
#include "storage/blob_store.h"

namespace objectstore {

class S3BlobReader final : public BlobReader {
 public:
  // The bucket outlives reader and streams.
  S3BlobReader(S3Bucket& bucket, std::string key, S3Object object)
      : bucket_(bucket), key_(std::move(key)), object_(std::move(object)) {}

  [[nodiscard]] const Metadata& metadata() const override { return object_.metadata; }
  [[nodiscard]] std::uint64_t size() const override { return object_.size; }
  // A body that breaks is gone on with. `unavailable` where the object was deleted or replaced
  // meanwhile, or the store sends something else than it was asked for.
  [[nodiscard]] std::unique_ptr<ByteStream> stream(ByteRange range) override;

 private:
  S3Bucket& bucket_;
  const std::string key_;
  const S3Object object_;
};

}  // namespace objectstore
