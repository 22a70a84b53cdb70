// Multipart uploads of objects, as the service offers them: on one tier, or two.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "storage/multipart.h"

namespace objectstore {

// Another request is completing this upload, or has died doing so: try again later.
struct CompletionInProgress {};

using CompleteResult = std::variant<BlobCompleted, NoSuchUpload, PartRefused, CompletionInProgress>;

// Any thread may call. `upload_id` is what initiate() returned, opaque to clients and bound to the
// object: with another object's key it is NoSuchUpload or invalid_argument.
class MultipartObjects {
 public:
  virtual ~MultipartObjects() = default;

  // `metadata.time_created` and `time_expires` are set by the caller: the deadline counts from now.
  [[nodiscard]] virtual Task<Result<std::string>> initiate(const ObjectId& id,
                                                           Metadata metadata) = 0;
  [[nodiscard]] virtual Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> put_part(
      const ObjectId& id, std::string_view upload_id, PartToUpload part) = 0;
  [[nodiscard]] virtual Task<Result<std::variant<PartPage, NoSuchUpload>>> list_parts(
      const ObjectId& id, std::string_view upload_id, ListParts request) = 0;
  // The object is replaced, as by a put, or stays as it was. Again after a success: success while
  // the object is still the one that was completed.
  [[nodiscard]] virtual Task<Result<CompleteResult>> complete(
      const ObjectId& id, std::string_view upload_id, const std::vector<ListedPart>& parts) = 0;
  // Idempotent: an upload that is not there is aborted.
  [[nodiscard]] virtual Task<Result<void>> abort(const ObjectId& id,
                                                 std::string_view upload_id) = 0;
};

}  // namespace objectstore
