// Single-tier storage in a directory, in the format of the existing service
// (docs/formats/filesystem.md): one file an object, named like it.
//
// Differences to the existing service: uploads are written beside and renamed, so a broken one
// leaves the old object whole; the metadata line carries a checksum of the payload; directories
// that a delete leaves empty below a key's prefix are removed. As there, objects don't expire.
//
// A put is durable when it returns; a reader may see it a moment before.
#pragma once

#include <memory>
#include <string>

#include "backends/filesystem/file_system.h"
#include "backends/filesystem/object_names.h"
#include "runtime/blocking_pool.h"
#include "runtime/log.h"
#include "runtime/random.h"
#include "storage/object_store.h"

namespace objectstore {

// Every call returns invalid_argument where a component of the object's storage path can be no file
// name: empty, `.`, `..`, over 255 bytes, holding NUL, not UTF-8. put() returns conflict where the
// key is a parent of others' keys or below another's key; to the other calls there is no such
// object. Streams that it hands out use its pool: the store outlives them.
class FilesystemObjectStore final : public ObjectStore {
 public:
  // Makes `root` where missing and removes what dead uploads left there. Blocks. The arguments
  // outlive the store, but for `root`.
  [[nodiscard]] static Result<std::unique_ptr<FilesystemObjectStore>> open(const std::string& root,
                                                                           FileSystem& file_system,
                                                                           BlockingPool& pool,
                                                                           Random& random,
                                                                           Logger& logger);

  [[nodiscard]] Task<Result<void>> put(const ObjectId& id, Metadata metadata,
                                       Upload upload) override;
  [[nodiscard]] Task<Result<GetResult>> get(const ObjectId& id,
                                            std::optional<RangeRequest> range) override;
  [[nodiscard]] Task<Result<std::optional<Metadata>>> head(const ObjectId& id) override;
  [[nodiscard]] Task<Result<void>> remove(const ObjectId& id) override;

 private:
  friend class FilesystemMultipartObjects;
  FilesystemObjectStore(std::unique_ptr<FileTree> tree, BlockingPool& pool, Random& random)
      : tree_(std::move(tree)), names_(*tree_), pool_(pool), random_(random) {}

  std::unique_ptr<FileTree> tree_;
  ObjectNames names_;
  BlockingPool& pool_;
  Random& random_;
};

}  // namespace objectstore
