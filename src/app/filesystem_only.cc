#include "app/filesystem_only.h"

#include "app/tiers.h"

namespace objectstore {

Result<std::unique_ptr<Storage>> FilesystemOnly::open(const FilesystemStorage& config,
                                                      const Machine& machine) {
  auto storage = std::make_unique<FilesystemOnly>();
  TRY_ASSIGN(storage->objects_,
             FilesystemObjectStore::open(config.path, storage->files_, machine.pool, machine.random,
                                         machine.logger));
  storage->multipart_.emplace(*storage->objects_, machine.clock);
  return std::unique_ptr<Storage>(std::move(storage));
}

Result<ScrubParts> FilesystemOnly::maintenance() {
  return one_tier();
}

}  // namespace objectstore
