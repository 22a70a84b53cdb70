// Reads the file of one blob: docs/formats/blob.md.
#pragma once

#include <memory>
#include <string>

#include "backends/filesystem/blob_format.h"
#include "backends/filesystem/file_system.h"
#include "runtime/blocking_pool.h"
#include "storage/blob_store.h"

namespace objectstore {

// A blob's file whose header and footer were verified.
struct OpenBlob {
  std::unique_ptr<File> file;
  std::string path;
  blob_format::Header header;
  std::uint64_t payload_size = 0;
  WallTime modified;
};

// Blocks. nullptr: no such file. corrupt, naming the file, where it is not a whole blob.
[[nodiscard]] Result<std::shared_ptr<OpenBlob>> open_blob(FileTree& tree, const std::string& path);

// `pool` outlives it and its streams. Reading goes on when the file is unlinked meanwhile.
class FilesystemBlobReader final : public BlobReader {
 public:
  FilesystemBlobReader(BlockingPool& pool, std::shared_ptr<OpenBlob> blob)
      : pool_(pool), blob_(std::move(blob)) {}

  [[nodiscard]] const Metadata& metadata() const override { return blob_->header.metadata; }
  [[nodiscard]] std::uint64_t size() const override { return blob_->payload_size; }
  // Hands out up to 256 KiB at a time and holds no more.
  [[nodiscard]] std::unique_ptr<ByteStream> stream(ByteRange range) override;

 private:
  BlockingPool& pool_;
  std::shared_ptr<OpenBlob> blob_;
};

}  // namespace objectstore
