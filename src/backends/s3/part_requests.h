// The requests of multipart uploads to S3.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/s3/bucket.h"
#include "backends/s3/spooled_part.h"
#include "model/byte_range.h"
#include "storage/multipart.h"

namespace objectstore {

struct UploadTarget {
  std::string key;
  std::string upload_id;
};

struct PartToSend {
  std::uint32_t number = 0;
  SpooledPart* part = nullptr;           // whose digests are taken
  const RepeatableBody* body = nullptr;  // the part's own, or one that yields the same
  std::optional<std::string> content_md5;
};

struct CompletedPart {
  ListedPart listed;
  std::string crc32c;  // empty: the upload was opened without checksums
};

// What is known of the whole object when it is completed; S3 compares.
struct WholeObject {
  std::uint64_t size = 0;  // bytes
  std::string crc32c;      // base64; empty: not known
};

struct Completion {
  std::vector<CompletedPart> parts;
  std::optional<WholeObject> whole;
  // The object that is to be replaced; empty: none is, but where all uploads replace.
  std::string replaced_etag;
  // `always`: the caller can find out whether an upload that is gone was completed.
  Repeat repeat = Repeat::if_not_carried_out;
};

// What an end of uploads has found.
enum class UploadsEnded : std::uint8_t {
  none_found,  // no upload was there; one may yet come
  all,         // at least one was, and none is left
};

enum class PartChecksums : bool { none, crc32c };

// Any thread may call.
class PartRequests {
 public:
  explicit PartRequests(S3Bucket& bucket) : bucket_(bucket) {}

  // The upload's id. Never sent again where it may have been carried out: there would be two.
  // With checksums, parts and completion must have theirs, too.
  [[nodiscard]] Task<Result<std::string>> create(std::string key, HttpHeaders object_headers,
                                                 PartChecksums checksums);

  // 200: stored, and there is an etag.
  [[nodiscard]] Task<Result<HttpReply>> put(UploadTarget target, PartToSend part,
                                            PartChecksums checksums);

  // The part is a range of the object of that very name, which must have that etag.
  // The upload was opened without checksums.
  [[nodiscard]] Task<Result<CompletedPart>> copy(UploadTarget target, std::uint32_t number,
                                                 ByteRange range, std::string source_etag);

  // 200: completed.
  [[nodiscard]] Task<Result<HttpReply>> complete(UploadTarget target, Completion completion);

  // True: the upload was there until now. False: it was not; it may have been completed.
  [[nodiscard]] Task<Result<bool>> abort(UploadTarget target);
  // Every upload under that exact name.
  [[nodiscard]] Task<Result<UploadsEnded>> abort_all(std::string key);

 private:
  // Those under that exact name; not all where there are very many.
  [[nodiscard]] Task<Result<std::vector<std::string>>> list_uploads(const std::string& key);

  S3Bucket& bucket_;
};

}  // namespace objectstore
