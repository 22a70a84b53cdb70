// Reads one blob, at the generation that was there when it was opened.
#pragma once

#include <memory>
#include <string>

#include "backends/gcs/requests.h"
#include "storage/blob_store.h"

namespace objectstore {

// The blob is read as it is stored: GCS decompresses nothing but gzip, which is never stored here.
// A whole read ends with the store's CRC-32C compared before its last piece is handed out; a range
// has no checksum of its own, so that only its length and place are checked. Once the blob is
// deleted, what was not read yet is `unavailable`.
class GcsBlobReader final : public BlobReader {
 public:
  GcsBlobReader(GcsContextPtr context, std::string name, StoredObject stored, Metadata metadata)
      : context_(std::move(context)),
        name_(std::move(name)),
        stored_(std::move(stored)),
        metadata_(std::move(metadata)) {}

  [[nodiscard]] const Metadata& metadata() const override { return metadata_; }
  [[nodiscard]] std::uint64_t size() const override { return stored_.size; }
  [[nodiscard]] std::unique_ptr<ByteStream> stream(ByteRange range) override;

 private:
  GcsContextPtr context_;
  const std::string name_;
  const StoredObject stored_;
  const Metadata metadata_;
};

}  // namespace objectstore
