#include "app/filesystem_tier.h"

namespace objectstore {

Result<std::unique_ptr<BlobTier>> FilesystemTier::open(const FilesystemStorage& config,
                                                       const Machine& machine) {
  auto tier = std::make_unique<FilesystemTier>();
  TRY_ASSIGN(tier->store_,
             FilesystemBlobStore::open(config.path, tier->files_, machine.pool, machine.logger));
  tier->multipart_.emplace(*tier->store_, machine.random);
  return std::unique_ptr<BlobTier>(std::move(tier));
}

}  // namespace objectstore
