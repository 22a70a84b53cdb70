#include "tiered/metered_multipart.h"

#include "tiered/usecase_metrics.h"

namespace objectstore {

namespace {

// A call under way.
class Timing {
 public:
  Timing(UsecaseMetrics* meter, const Clock& clock)
      : meter_(meter), clock_(clock), begun_(clock.monotonic_now()) {}

  void ended(MultipartCall call, bool success) const {
    if (meter_ != nullptr) meter_->ended(call, success, clock_.monotonic_now() - begun_);
  }

 private:
  UsecaseMetrics* meter_;
  const Clock& clock_;
  const MonotonicTime begun_;
};

}  // namespace

Task<Result<std::string>> MeteredMultipart::initiate(const ObjectId& id, Metadata metadata) {
  const Timing timing(metrics_.of(id.usecase), clock_);
  auto upload_id = co_await inner_.initiate(id, std::move(metadata));
  timing.ended(MultipartCall::initiate, upload_id.ok());
  co_return upload_id;
}

Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> MeteredMultipart::put_part(
    const ObjectId& id, std::string_view upload_id, PartToUpload part) {
  auto* meter = metrics_.of(id.usecase);
  const Timing timing(meter, clock_);
  auto etag = co_await inner_.put_part(id, upload_id, part);
  const bool stored = etag.ok() && std::holds_alternative<std::string>(*etag);
  timing.ended(MultipartCall::put_part, stored);
  if (stored && meter != nullptr) meter->part_stored(part.length);
  co_return etag;
}

Task<Result<std::variant<PartPage, NoSuchUpload>>> MeteredMultipart::list_parts(
    const ObjectId& id, std::string_view upload_id, ListParts request) {
  const Timing timing(metrics_.of(id.usecase), clock_);
  auto page = co_await inner_.list_parts(id, upload_id, request);
  timing.ended(MultipartCall::list_parts, page.ok() && std::holds_alternative<PartPage>(*page));
  co_return page;
}

Task<Result<CompleteResult>> MeteredMultipart::complete(const ObjectId& id,
                                                        std::string_view upload_id,
                                                        const std::vector<ListedPart>& parts) {
  auto* meter = metrics_.of(id.usecase);
  const Timing timing(meter, clock_);
  if (meter != nullptr) meter->parts_listed(parts.size());
  auto result = co_await inner_.complete(id, upload_id, parts);
  const auto* completed = result.ok() ? std::get_if<BlobCompleted>(&*result) : nullptr;
  timing.ended(MultipartCall::complete, completed != nullptr);
  if (meter != nullptr && completed != nullptr && completed->size) {
    meter->stored(Tier::long_term, UploadType::multipart, *completed->size);
  }
  co_return result;
}

Task<Result<void>> MeteredMultipart::abort(const ObjectId& id, std::string_view upload_id) {
  const Timing timing(metrics_.of(id.usecase), clock_);
  auto aborted = co_await inner_.abort(id, upload_id);
  timing.ended(MultipartCall::abort, aborted.ok());
  co_return aborted;
}

}  // namespace objectstore
