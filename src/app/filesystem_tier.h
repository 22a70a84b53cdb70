// Blobs in a directory of this machine.
#pragma once

#include <optional>

#include "app/blob_tier.h"
#include "app/storage.h"
#include "backends/filesystem/blob_store.h"
#include "backends/filesystem/multipart_blobs.h"
#include "backends/filesystem/posix_file_system.h"

namespace objectstore {

class FilesystemTier final : public BlobTier {
 public:
  // Blocks.
  [[nodiscard]] static Result<std::unique_ptr<BlobTier>> open(const FilesystemStorage& config,
                                                              const Machine& machine);

  Task<Result<void>> connect() override { co_return Result<void>(); }
  [[nodiscard]] const char* type() const override { return "local-fs"; }
  BlobStore& blobs() override { return *store_; }
  BlobLister& lister() override { return *store_; }
  MultipartBlobs* multipart() override { return &*multipart_; }
  Task<void> give_up() override { co_return; }  // a directory does not keep one waiting
  Task<void> close() override { co_return; }

 private:
  PosixFileSystem files_;
  std::unique_ptr<FilesystemBlobStore> store_;
  std::optional<FilesystemMultipartBlobs> multipart_;
};

}  // namespace objectstore
