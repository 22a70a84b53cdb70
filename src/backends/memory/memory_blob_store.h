// A blob store in memory, for tests and simulations.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "base/bytes.h"
#include "storage/blob_store.h"

namespace objectstore {

// Whether discard() can keep an upload under way from finishing. Object stores without a session
// that could be cancelled can not; the file system can.
enum class LateUploads : std::uint8_t { prevented, possible };

// Durable as long as the object lives, which must be longer than its writers.
class MemoryBlobStore final : public BlobStore {
 public:
  explicit MemoryBlobStore(LateUploads late_uploads) : late_uploads_(late_uploads) {}

  Task<Result<std::unique_ptr<BlobWriter>>> create(const Revision& name,
                                                   const Metadata& metadata) override;
  Task<Result<std::unique_ptr<BlobReader>>> open(const Revision& name) override;
  Task<Result<Discarded>> discard(const Revision& name) override;
  Task<Result<bool>> extend(const Revision& name, WallTime deadline) override;

  // All blobs and uploads, for audits.
  [[nodiscard]] std::set<Revision> blobs() const;
  [[nodiscard]] std::set<Revision> uploads() const;

 private:
  class Writer;
  class Reader;
  struct Blob {
    Metadata metadata;
    SharedBytes payload;
  };

  const LateUploads late_uploads_;
  mutable std::mutex mutex_;
  std::map<Revision, Blob> blobs_;
  std::set<Revision> uploads_;  // begun, neither finished nor discarded
};

}  // namespace objectstore
