// An upload to S3: one PUT where the payload fits into the first part, else a multipart upload
// whose parts go up while the next is spooled.
//
// Neither the PUT nor the opening of a multipart upload is sent before begin(), and neither is sent
// again where it may have been carried out.
#pragma once

#include <memory>
#include <string>

#include "backends/s3/bucket.h"
#include "backends/s3/part_requests.h"
#include "backends/s3/spooled_part.h"
#include "runtime/sync.h"
#include "runtime/task_scope.h"
#include "storage/blob_store.h"

namespace objectstore {

// Where uploads leave what goes on without them; outlives them.
struct UploadBackground {
  boost::asio::any_io_executor executor;  // of what outlives its writer
  TaskScope scope;
};

class S3BlobWriter final : public BlobWriter {
 public:
  // `mark` is written with the object, and tells whether it is this upload's.
  S3BlobWriter(S3Bucket& bucket, UploadBackground& background, std::string key, Metadata metadata,
               std::string mark);
  // A multipart upload that is not completed is aborted, in the background.
  ~S3BlobWriter() override;

  [[nodiscard]] Task<Result<void>> append(std::string_view bytes) override;
  [[nodiscard]] Task<Result<std::string>> begin() override;
  void give_up() override;
  [[nodiscard]] Task<Result<void>> finish() override;

 private:
  struct Multipart;
  enum class Parts : std::uint8_t { one_at_a_time, beside_the_next };

  [[nodiscard]] HttpHeaders object_headers() const;
  [[nodiscard]] std::uint64_t part_limit() const;
  [[nodiscard]] PartChecksums checksums() const;
  [[nodiscard]] Task<Result<void>> ensure_part();
  [[nodiscard]] Task<Result<void>> open_multipart();
  // Takes the part that is spooled; waits for the one before it.
  [[nodiscard]] Task<Result<void>> send_part(Parts parts);

  [[nodiscard]] Task<Result<void>> put_whole();
  [[nodiscard]] Task<Result<void>> complete();
  // Whether what was refused, or had no answer, has made the object all the same.
  [[nodiscard]] Task<Result<void>> look(Error failure);
  // Where the store can't refuse to replace.
  [[nodiscard]] Task<Result<void>> refuse_to_replace();

  S3Bucket& bucket_;
  UploadBackground& background_;
  const std::string key_;
  const Metadata metadata_;
  const std::string mark_;

  Event decided_;  // begin() or give_up() was called
  bool given_up_ = false;
  std::unique_ptr<SpooledPart> part_;     // being filled
  std::unique_ptr<SpooledPart> spare_;    // was sent
  std::shared_ptr<Multipart> multipart_;  // once it is open
  std::uint32_t number_ = 1;              // of part_
  std::uint64_t size_ = 0;
  Crc32c crc_;
};

}  // namespace objectstore
