// A blob store in memory, for tests and simulations.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "base/bytes.h"
#include "runtime/clock.h"
#include "storage/blob_store.h"
#include "storage/listing.h"

namespace objectstore {

// Whether discard() can keep an upload under way from finishing. Object stores without a session
// that could be cancelled can not; the file system can.
enum class LateUploads : std::uint8_t { prevented, possible };

// Durable as long as the object lives, which must be longer than its writers.
class MemoryBlobStore final : public BlobStore, public BlobLister {
 public:
  // `clock` dates the blobs; without one they are all of 1970.
  explicit MemoryBlobStore(LateUploads late_uploads, const Clock* clock = nullptr)
      : late_uploads_(late_uploads), clock_(clock) {}

  Task<Result<std::unique_ptr<BlobWriter>>> create(const Revision& name,
                                                   const Metadata& metadata) override;
  Task<Result<std::unique_ptr<BlobReader>>> open(const Revision& name) override;
  Task<Result<Discarded>> discard(const Revision& name) override;
  Task<Result<bool>> extend(const Revision& name, WallTime deadline) override;

  Task<Result<BlobPage>> list_blobs(std::string from, std::size_t limit) override;

  // Deletes what is past its deadline at `now`, as stores do whose blobs expire by themselves.
  void remove_expired(WallTime now);

  // All blobs and uploads, for audits.
  [[nodiscard]] std::set<Revision> blobs() const;
  // The blobs with a deadline; extend() moves it.
  [[nodiscard]] std::map<Revision, WallTime> deadlines() const;
  [[nodiscard]] std::set<Revision> uploads() const;

 private:
  class Writer;
  class Reader;
  struct Blob {
    Revision name;
    Metadata metadata;
    SharedBytes payload;
    WallTime written;
  };

  const LateUploads late_uploads_;
  const Clock* const clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Blob> blobs_;  // by path
  std::set<Revision> uploads_;         // begun, neither finished nor discarded
};

}  // namespace objectstore
