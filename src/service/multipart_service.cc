#include "service/multipart_service.h"

#include <utility>

#include "service/object_times.h"

namespace objectstore {

MultipartService::MultipartService(MultipartObjects* uploads, Operations& operations, Clock& clock,
                                   Random& random)
    : uploads_(uploads), operations_(operations), clock_(clock), random_(random) {}

Task<Result<Operations::Running>> MultipartService::begin(OperationKind kind, const ObjectId& id) {
  if (uploads_ == nullptr) {
    co_return Error(ErrorCode::unsupported, "this store takes no uploads in parts");
  }
  co_return co_await operations_.begin(kind, id);
}

Task<Result<std::string>> MultipartService::initiate(const ObjectId& id, Metadata metadata) {
  CO_TRY_ASSIGN(auto running, co_await begin(OperationKind::initiate_multipart, id));
  CO_TRY(set_times(metadata, clock_.now()));
  co_return running.ended(co_await uploads_->initiate(id, std::move(metadata)));
}

Task<Result<std::string>> MultipartService::initiate_new(ObjectId& id, Metadata metadata) {
  id.key = make_uuid_v4(random_).str();
  co_return co_await initiate(id, std::move(metadata));
}

Task<Result<MultipartService::PartAnswer>> MultipartService::put_part(const ObjectId& id,
                                                                      std::string_view upload_id,
                                                                      PartToUpload part) {
  CO_TRY_ASSIGN(auto running, co_await begin(OperationKind::upload_part, id));
  co_return running.ended(co_await uploads_->put_part(id, upload_id, std::move(part)));
}

Task<Result<MultipartService::PartsAnswer>> MultipartService::list_parts(const ObjectId& id,
                                                                         std::string_view upload_id,
                                                                         ListParts request) {
  CO_TRY_ASSIGN(auto running, co_await begin(OperationKind::list_parts, id));
  co_return running.ended(co_await uploads_->list_parts(id, upload_id, request));
}

Task<Result<CompleteResult>> MultipartService::complete(const ObjectId& id,
                                                        std::string_view upload_id,
                                                        const std::vector<ListedPart>& parts) {
  CO_TRY_ASSIGN(auto running, co_await begin(OperationKind::complete_multipart, id));
  co_return running.ended(co_await uploads_->complete(id, upload_id, parts));
}

Task<Result<void>> MultipartService::abort(const ObjectId& id, std::string_view upload_id) {
  CO_TRY_ASSIGN(auto running, co_await begin(OperationKind::abort_multipart, id));
  co_return running.ended(co_await uploads_->abort(id, upload_id));
}

}  // namespace objectstore
