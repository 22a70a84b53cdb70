// Multipart uploads as clients ask for them: what ObjectService is for single operations.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/clock.h"
#include "runtime/random.h"
#include "service/operations.h"
#include "storage/multipart_objects.h"

namespace objectstore {

// Any thread may call. What is passed by reference outlives the call. Errors, besides the store's
// own: `unsupported` where it takes no uploads in parts; at_capacity; invalid_argument as from
// ObjectService.
class MultipartService {
 public:
  // `uploads`: null where the store takes none.
  MultipartService(MultipartObjects* uploads, Operations& operations, Clock& clock, Random& random);

  using PartAnswer = std::variant<std::string, NoSuchUpload, PartRefused>;
  using PartsAnswer = std::variant<PartPage, NoSuchUpload>;

  // The upload's id. `metadata` as the client gave it; its times are set now.
  [[nodiscard]] Task<Result<std::string>> initiate(const ObjectId& id, Metadata metadata);
  // The same under a new random key (UUID v4), which replaces `id.key`.
  [[nodiscard]] Task<Result<std::string>> initiate_new(ObjectId& id, Metadata metadata);
  [[nodiscard]] Task<Result<PartAnswer>> put_part(const ObjectId& id, std::string_view upload_id,
                                                  PartToUpload part);
  [[nodiscard]] Task<Result<PartsAnswer>> list_parts(const ObjectId& id, std::string_view upload_id,
                                                     ListParts request);
  [[nodiscard]] Task<Result<CompleteResult>> complete(const ObjectId& id,
                                                      std::string_view upload_id,
                                                      const std::vector<ListedPart>& parts);
  [[nodiscard]] Task<Result<void>> abort(const ObjectId& id, std::string_view upload_id);

 private:
  [[nodiscard]] Task<Result<Operations::Running>> begin(OperationKind kind, const ObjectId& id);

  MultipartObjects* uploads_;
  Operations& operations_;
  Clock& clock_;
  Random& random_;
};

}  // namespace objectstore
