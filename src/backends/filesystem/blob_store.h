// The long-term tier in a directory: one file a blob (docs/formats/blob.md).
//
// Names of files are derived from a hash of the object's path and the revision's id, so that keys
// of any form work and none names a file. Several processes may share the directory.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/filesystem/file_system.h"
#include "runtime/blocking_pool.h"
#include "runtime/log.h"
#include "storage/blob_store.h"
#include "storage/listing.h"

namespace objectstore {

// An upload under way, or what is left of one.
struct ListedTemporary {
  std::string file;
  std::uint64_t size = 0;  // bytes written so far
  WallTime modified;
};

// What a writer or reader gives out refers to the store's tree and pool: the store outlives it.
class FilesystemBlobStore final : public BlobStore, public BlobLister {
 public:
  // Makes the layout below `root`, durably, and removes what dead uploads left there; those in
  // parts stay as they are (multipart_blobs.h). Blocks.
  [[nodiscard]] static Result<std::unique_ptr<FilesystemBlobStore>> open(const std::string& root,
                                                                         FileSystem& file_system,
                                                                         BlockingPool& pool,
                                                                         Logger& logger);

  [[nodiscard]] Task<Result<std::unique_ptr<BlobWriter>>> create(const Revision& name,
                                                                 const Metadata& metadata) override;
  [[nodiscard]] Task<Result<std::unique_ptr<BlobReader>>> open(const Revision& name) override;
  // Always for_good: without its temporary file a late upload can't finish, nor can one in parts
  // without its directory.
  [[nodiscard]] Task<Result<Discarded>> discard(const Revision& name,
                                                std::string_view upload) override;
  // Blobs here never expire: only looks whether it exists.
  [[nodiscard]] Task<Result<bool>> extend(const Revision& name, WallTime deadline) override;

  // Names are files relative to the root. Reads each header and footer, no payload; the names of
  // one directory, a 256th of all, are held at a time.
  [[nodiscard]] Task<Result<BlobPage>> list_blobs(std::string from, std::size_t limit) override;
  // Every temporary file, by name; not the uploads in parts.
  [[nodiscard]] Task<Result<std::vector<ListedTemporary>>> list_temporary();

 private:
  friend class FilesystemMultipartBlobs;
  FilesystemBlobStore(std::unique_ptr<FileTree> tree, BlockingPool& pool)
      : tree_(std::move(tree)), pool_(pool) {}

  std::unique_ptr<FileTree> tree_;
  BlockingPool& pool_;
};

}  // namespace objectstore
