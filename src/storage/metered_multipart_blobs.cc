#include "storage/metered_multipart_blobs.h"

#include <utility>

namespace objectstore {

namespace {

// Of an answer that has other cases than what was asked for, which comes first.
struct UploadOutcome {
  template <class... Cases>
  TierOutcome operator()(const Result<std::variant<Cases...>>& answer) const {
    if (!answer.ok()) return TierOutcome::failed;
    if (std::holds_alternative<NoSuchUpload>(*answer)) return TierOutcome::missing;
    return answer->index() == 0 ? TierOutcome::ok : TierOutcome::refused;
  }
};

}  // namespace

Task<Result<std::string>> MeteredMultipartBlobs::initiate(const Revision& name,
                                                          const Metadata& metadata) {
  return initiate_.timed(inner_.initiate(name, metadata));
}

Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> MeteredMultipartBlobs::put_part(
    const Revision& name, std::string_view upload_id, PartToUpload part) {
  const auto length = part.length;
  auto call = inner_.put_part(name, upload_id, std::move(part));
  auto stored = co_await put_part_.timed(std::move(call), UploadOutcome());
  if (UploadOutcome()(stored) == TierOutcome::ok) bytes_.written(length);
  co_return stored;
}

Task<Result<std::variant<PartPage, NoSuchUpload>>> MeteredMultipartBlobs::list_parts(
    const Revision& name, std::string_view upload_id, ListParts request) {
  return list_parts_.timed(inner_.list_parts(name, upload_id, request), UploadOutcome());
}

Task<Result<std::variant<BlobCompleted, NoSuchUpload, PartRefused>>>
MeteredMultipartBlobs::complete(const Revision& name, std::string_view upload_id,
                                const std::vector<ListedPart>& parts) {
  return complete_.timed(inner_.complete(name, upload_id, parts), UploadOutcome());
}

Task<Result<void>> MeteredMultipartBlobs::abort(const Revision& name, std::string_view upload_id) {
  return abort_.timed(inner_.abort(name, upload_id));
}

Task<Result<void>> MeteredMultipartBlobs::abort_all(const Revision& name) {
  return abort_all_.timed(inner_.abort_all(name));
}

}  // namespace objectstore
