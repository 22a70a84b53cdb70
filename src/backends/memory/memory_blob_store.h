// A blob store in memory, for tests and simulations.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "runtime/clock.h"
#include "storage/blob_store.h"
#include "storage/listing.h"
#include "storage/multipart.h"

namespace objectstore {

// Whether discard() can keep an upload under way, also one in parts, from finishing. Object stores
// without a session that could be cancelled can not; the file system can. abort() always can.
enum class LateUploads : std::uint8_t {
  prevented,
  prevented_by_address,  // where discard() is given the upload's; not those in parts
  possible,
};

// What an upload does that finishes under the name of a blob. A store that is the only tier
// replaces; its discard() is then a client's delete and leaves uploads of that name alone.
enum class ExistingBlobs : std::uint8_t { kept, replaced };

// Durable as long as the object lives, which must be longer than its writers. The calls of
// MultipartBlobs are in memory_multipart.cc.
class MemoryBlobStore final : public BlobStore, public MultipartBlobs, public BlobLister {
 public:
  // `clock` dates blobs and parts; without one they are all of 1970.
  explicit MemoryBlobStore(LateUploads late_uploads, const Clock* clock = nullptr,
                           ExistingBlobs existing_blobs = ExistingBlobs::kept)
      : late_uploads_(late_uploads), existing_blobs_(existing_blobs), clock_(clock) {}

  Task<Result<std::unique_ptr<BlobWriter>>> create(const Revision& name,
                                                   const Metadata& metadata) override;
  Task<Result<std::unique_ptr<BlobReader>>> open(const Revision& name) override;
  Task<Result<Discarded>> discard(const Revision& name, std::string_view upload) override;
  Task<Result<bool>> extend(const Revision& name, WallTime deadline) override;

  Task<Result<std::string>> initiate(const Revision& name, const Metadata& metadata) override;
  // Etags tell contents apart; `content_md5` is not looked at.
  Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> put_part(
      const Revision& name, std::string_view upload_id, PartToUpload part) override;
  Task<Result<std::variant<PartPage, NoSuchUpload>>> list_parts(const Revision& name,
                                                                std::string_view upload_id,
                                                                ListParts request) override;
  Task<Result<std::variant<BlobCompleted, NoSuchUpload, PartRefused>>> complete(
      const Revision& name, std::string_view upload_id,
      const std::vector<ListedPart>& parts) override;
  Task<Result<void>> abort(const Revision& name, std::string_view upload_id) override;
  Task<Result<void>> abort_all(const Revision& name) override;

  Task<Result<BlobPage>> list_blobs(std::string from, std::size_t limit) override;

  // Deletes what is past its deadline at `now`, as stores do whose blobs expire by themselves.
  void remove_expired(WallTime now);

  // All blobs and uploads, for audits.
  [[nodiscard]] std::set<Revision> blobs() const;
  // The blobs with a deadline; extend() moves it.
  [[nodiscard]] std::map<Revision, WallTime> deadlines() const;
  [[nodiscard]] std::set<Revision> uploads() const;
  // Those in parts: the names by id.
  [[nodiscard]] std::map<std::string, Revision> multipart_uploads() const;

 private:
  class Writer;
  class Reader;
  struct Blob {
    Revision name;
    Metadata metadata;
    SharedBytes payload;
    WallTime written;
  };
  struct Part {
    std::string etag;
    SharedBytes payload;
    WallTime written;
  };
  struct MultipartUpload {
    Revision name;
    Metadata metadata;
    std::map<std::uint32_t, Part> parts;
  };

  [[nodiscard]] WallTime now() const { return clock_ != nullptr ? clock_->now() : WallTime(); }
  // These want the mutex.
  [[nodiscard]] Result<void> insert(Blob blob);
  // nullptr: the name has no such upload.
  [[nodiscard]] MultipartUpload* find_upload(const Revision& name, std::string_view upload_id);

  const LateUploads late_uploads_;
  const ExistingBlobs existing_blobs_;
  const Clock* const clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Blob> blobs_;  // by path
  std::multiset<Revision> uploads_;    // begun, neither finished nor discarded
  std::set<Revision> cancelled_;       // whose uploads were discarded by their address
  std::map<std::string, MultipartUpload, std::less<>> multipart_uploads_;  // by id
  std::uint64_t next_upload_ = 1;
};

}  // namespace objectstore
