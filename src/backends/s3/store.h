// The long-term tier, or the only one, in a bucket of S3 or what speaks its API
// (docs/formats/s3-objects.md).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "backends/s3/blob_writer.h"
#include "backends/s3/bucket.h"
#include "backends/s3/part_requests.h"
#include "storage/blob_store.h"
#include "storage/listing.h"
#include "storage/multipart.h"

namespace objectstore {

// Any thread that the HTTP client serves may call. Writers, readers and streams use the store: it
// outlives them.
class S3Store final : public BlobStore, public BlobLister, public MultipartBlobs {
 public:
  // What goes on when its caller has left runs on `executor`. Errors: invalid_argument (settings).
  [[nodiscard]] static Result<std::unique_ptr<S3Store>> make(
      S3Settings settings, const S3Environment& environment,
      const boost::asio::any_io_executor& executor, StoreRequestSettings requests = {});
  // close() has completed, or the executors are gone.
  ~S3Store() override = default;

  // Waits for what is under way in the background; it is bounded in time.
  [[nodiscard]] Task<void> close();

  // Names of up to 1024 bytes of UTF-8.
  [[nodiscard]] Result<void> check_name(std::string_view object_path) const override;
  [[nodiscard]] Task<Result<std::unique_ptr<BlobWriter>>> create(const Revision& name,
                                                                 const Metadata& metadata) override;
  [[nodiscard]] Task<Result<std::unique_ptr<BlobReader>>> open(const Revision& name) override;
  // Uploads are found by name: `upload` is not needed. For good only where a multipart upload was
  // found, ended, and is seen gone: anything else may still be on its way. Where uploads replace,
  // only the object is deleted: others' uploads go on.
  [[nodiscard]] Task<Result<Discarded>> discard(const Revision& name,
                                                std::string_view upload) override;
  // Where deadlines lie in objects, an object is copied onto itself to move it; else objects don't
  // expire, and this only looks.
  [[nodiscard]] Task<Result<bool>> extend(const Revision& name, WallTime deadline) override;

  // By the keys' bytes. A position is the last key that was given.
  [[nodiscard]] Task<Result<BlobPage>> list_blobs(std::string from, std::size_t limit) override;

  // All of them `unsupported` in the reference dialect.
  [[nodiscard]] Task<Result<std::string>> initiate(const Revision& name,
                                                   const Metadata& metadata) override;
  [[nodiscard]] Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> put_part(
      const Revision& name, std::string_view upload_id, PartToUpload part) override;
  [[nodiscard]] Task<Result<std::variant<PartPage, NoSuchUpload>>> list_parts(
      const Revision& name, std::string_view upload_id, ListParts request) override;
  [[nodiscard]] Task<Result<std::variant<BlobCompleted, NoSuchUpload, PartRefused>>> complete(
      const Revision& name, std::string_view upload_id,
      const std::vector<ListedPart>& parts) override;
  [[nodiscard]] Task<Result<void>> abort(const Revision& name, std::string_view upload_id) override;
  [[nodiscard]] Task<Result<void>> abort_all(const Revision& name) override;

  // How requests went, by action.
  [[nodiscard]] std::map<std::string, RequestCounts> request_counts() const {
    return bucket_.request_counts();
  }

 private:
  S3Store(S3Settings settings, S3Urls urls, const S3Environment& environment,
          const boost::asio::any_io_executor& executor, StoreRequestSettings requests);

  [[nodiscard]] Result<void> check_multipart(std::string_view upload_id) const;

  S3Bucket bucket_;
  PartRequests parts_{bucket_};
  UploadBackground background_;
};

}  // namespace objectstore
