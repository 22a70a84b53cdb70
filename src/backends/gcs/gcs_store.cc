#include "backends/gcs/gcs_store.h"

#include <utility>

#include "backends/gcs/blob_listing.h"
#include "backends/gcs/blob_reader.h"
#include "backends/gcs/blob_writer.h"
#include "backends/gcs/multipart_uploads.h"
#include "base/hide_credentials.h"

namespace objectstore {

namespace {

constexpr std::size_t revision_suffix = 37;  // "/" and a UUID

}  // namespace

GcsStore::GcsStore(GcsSettings settings, StoreRequests& requests, Clock& clock, Random& random,
                   BlockingPool& pool, Logger& logger) {
  GcsUrls urls(settings.endpoint, settings.bucket);
  context_ = std::make_shared<const GcsContext>(
      GcsContext{std::move(settings), std::move(urls), requests, clock, random, pool, logger});
}

GcsStore::~GcsStore() = default;

Task<void> GcsStore::close() {
  background_.request_stop();
  co_await background_.join();
}

Result<void> GcsStore::check_name(std::string_view object_path) const {
  return check_gcs_name(object_path, context_->settings.replace ? 0 : revision_suffix);
}

Task<Result<std::unique_ptr<BlobWriter>>> GcsStore::create(const Revision& name,
                                                           const Metadata& metadata) {
  co_return std::unique_ptr<BlobWriter>(
      std::make_unique<GcsBlobWriter>(context_, background_, name.path(), metadata));
}

Task<Result<std::unique_ptr<BlobReader>>> GcsStore::open(const Revision& name) {
  const auto path = name.path();
  CO_TRY_ASSIGN(const auto resource, co_await fetch_resource(*context_, path));
  if (!resource) co_return std::unique_ptr<BlobReader>();
  CO_TRY_ASSIGN(auto stored, read_stored_object(*resource));
  auto metadata = read_object_metadata(*resource);
  if (!metadata.ok()) {
    auto error = std::move(metadata).error();
    // A client is shown what is wrong with a metadata header, as on its own request.
    if (error.code() == ErrorCode::invalid_argument) co_return std::move(error);
    co_return std::move(error).wrap("GCS: the object " + path + " can't be read");
  }
  co_return std::unique_ptr<BlobReader>(std::make_unique<GcsBlobReader>(
      context_, path, std::move(stored), std::move(metadata).value()));
}

Task<Result<Discarded>> GcsStore::discard(const Revision& name, std::string_view upload) {
  // First the upload: it could finish behind the deletion.
  CO_TRY_ASSIGN(const bool ended, co_await end_upload(name, upload));
  CO_TRY(co_await delete_object(name));
  co_return ended ? Discarded::for_good : Discarded::may_appear_later;
}

// Whether it is known that nothing can come of an upload.
Task<Result<bool>> GcsStore::end_upload(const Revision& name, std::string_view upload) {
  if (upload.empty()) co_return false;
  if (!context_->urls.is_session(upload)) {
    // Credentials go nowhere else, whatever an entry says.
    context_->logger.warn(
        "the address of an upload is not one of this bucket's endpoint",
        {{"revision", name.path()}, {"endpoint", hide_credentials(context_->settings.endpoint)}});
    co_return false;
  }
  std::string session(upload);
  CO_TRY(co_await end_session(*context_, std::move(session)));
  co_return true;
}

Task<Result<void>> GcsStore::delete_object(const Revision& name) {
  auto request =
      make_gcs_request(*context_, "delete", "DELETE", context_->urls.object(name.path()));
  // A late copy would delete what was put there since.
  if (context_->settings.replace) request.repeat = Repeat::if_not_carried_out;
  CO_TRY_ASSIGN(const auto reply, co_await fetch_gcs(*context_, std::move(request)));
  const bool gone = reply.status == 200 || reply.status == 204 || is_not_found(reply);
  if (!gone) co_return gcs_refusal("delete", reply);
  co_return Result<void>();
}

Task<Result<bool>> GcsStore::extend(const Revision& name, WallTime deadline) {
  auto request = make_gcs_request(*context_, "update_custom_time", "PATCH",
                                  context_->urls.object(name.path()));
  request.http.headers = {{"Content-Type", "application/json; charset=UTF-8"}};
  request.http.body = SharedBytes(write_custom_time(deadline));
  CO_TRY_ASSIGN(const auto reply, co_await fetch_gcs(*context_, std::move(request)));
  if (reply.status == 200) co_return true;
  if (is_not_found(reply)) co_return false;
  if (reply.status == 400 || reply.status == 412) {
    // Custom times never move back: another bump may have gone further.
    const auto path = name.path();
    CO_TRY_ASSIGN(const auto resource, co_await fetch_resource(*context_, path));
    if (!resource) co_return false;
    const auto now = read_custom_time(*resource);
    if (now && custom_time(*now) >= custom_time(deadline)) co_return true;
  }
  co_return gcs_refusal("update_custom_time", reply);
}

Task<Result<BlobPage>> GcsStore::list_blobs(std::string from, std::size_t limit) {
  co_return co_await list_gcs_blobs(*context_, std::move(from), limit);
}

Task<Result<std::string>> GcsStore::initiate(const Revision& name, const Metadata& metadata) {
  co_return co_await initiate_gcs_upload(*context_, name.path(), metadata);
}

Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> GcsStore::put_part(
    const Revision& name, std::string_view upload_id, PartToUpload part) {
  std::string id(upload_id);
  co_return co_await put_gcs_part(*context_, name.path(), std::move(id), std::move(part));
}

Task<Result<std::variant<PartPage, NoSuchUpload>>> GcsStore::list_parts(const Revision& name,
                                                                        std::string_view upload_id,
                                                                        ListParts request) {
  std::string id(upload_id);
  co_return co_await list_gcs_parts(*context_, name.path(), std::move(id), request);
}

Task<Result<std::variant<BlobCompleted, NoSuchUpload, PartRefused>>> GcsStore::complete(
    const Revision& name, std::string_view upload_id, const std::vector<ListedPart>& parts) {
  std::string id(upload_id);
  co_return co_await complete_gcs_upload(*context_, name.path(), std::move(id), parts);
}

Task<Result<void>> GcsStore::abort(const Revision& name, std::string_view upload_id) {
  std::string id(upload_id);
  co_return co_await abort_gcs_upload(*context_, name.path(), std::move(id));
}

Task<Result<void>> GcsStore::abort_all(const Revision& name) {
  co_return co_await abort_gcs_uploads(*context_, name.path());
}

}  // namespace objectstore
