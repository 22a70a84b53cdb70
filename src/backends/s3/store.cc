#include "backends/s3/store.h"

#include <algorithm>
#include <utility>

#include "backends/s3/blob_reader.h"
#include "backends/s3/deadline_copy.h"
#include "backends/s3/errors.h"
#include "backends/s3/object_listing.h"
#include "backends/s3/upload_plan.h"
#include "base/percent.h"

namespace objectstore {

namespace {

constexpr std::size_t longest_key = 1024;  // bytes
constexpr std::size_t revision_suffix = 37;
constexpr std::size_t most_listed = 1000;

ListedBlob listed_blob(ListedObject object, bool names_are_objects) {
  ListedBlob blob;
  if (!names_are_objects) {
    blob.revision = Revision::parse(object.key);
    if (!blob.revision) blob.problem = "its name is not that of a revision";
  } else if (ObjectId::parse_storage_path(object.key)) {
    blob.revision = Revision::unnumbered(object.key);
  } else {
    blob.problem = "its name is not that of an object";
  }
  blob.name = std::move(object.key);
  blob.size = object.size;
  blob.written = object.modified;
  return blob;
}

}  // namespace

Result<std::unique_ptr<S3Store>> S3Store::make(S3Settings settings,
                                               const S3Environment& environment,
                                               const boost::asio::any_io_executor& executor,
                                               StoreRequestSettings requests) {
  TRY_ASSIGN(auto urls, S3Urls::make(settings));
  for (const auto bytes : {settings.part_bytes, settings.max_copy_bytes}) {
    if (bytes > 0 && bytes <= largest_part) continue;
    return Error(ErrorCode::invalid_argument,
                 "S3 takes parts of up to 5 GiB, not of " + std::to_string(bytes) + " bytes");
  }
  return std::unique_ptr<S3Store>(new S3Store(std::move(settings), std::move(urls), environment,
                                              executor, std::move(requests)));
}

S3Store::S3Store(S3Settings settings, S3Urls urls, const S3Environment& environment,
                 const boost::asio::any_io_executor& executor, StoreRequestSettings requests)
    : bucket_(std::move(settings), std::move(urls), environment, std::move(requests)),
      background_{executor, {}} {}

Task<void> S3Store::close() {
  background_.scope.request_stop();
  co_await background_.scope.join();
}

Result<void> S3Store::check_name(std::string_view object_path) const {
  const auto longest = bucket_.settings().replace ? longest_key : longest_key - revision_suffix;
  if (object_path.size() > longest) {
    return Error(ErrorCode::invalid_argument,
                 "usecase, scopes and key are too long for the store: " +
                     std::to_string(object_path.size()) + " bytes, at most " +
                     std::to_string(longest));
  }
  if (!is_utf8(object_path)) return Error(ErrorCode::invalid_argument, "the key is not UTF-8");
  return {};
}

Task<Result<std::unique_ptr<BlobWriter>>> S3Store::create(const Revision& name,
                                                          const Metadata& metadata) {
  CO_TRY(check_name(name.object_path()));
  auto mark = bucket_.is_amazon() ? make_uuid_v4(bucket_.random()).str() : std::string();
  std::unique_ptr<BlobWriter> writer =
      std::make_unique<S3BlobWriter>(bucket_, background_, name.path(), metadata, std::move(mark));
  co_return std::move(writer);
}

Task<Result<std::unique_ptr<BlobReader>>> S3Store::open(const Revision& name) {
  auto key = name.path();
  CO_TRY_ASSIGN(auto object, co_await bucket_.head(key));
  std::unique_ptr<BlobReader> reader;
  if (object) reader = std::make_unique<S3BlobReader>(bucket_, std::move(key), *std::move(object));
  co_return std::move(reader);
}

Task<Result<Discarded>> S3Store::discard(const Revision& name, std::string_view) {
  const auto key = name.path();
  const bool ends_uploads = bucket_.is_amazon() && !bucket_.settings().replace;
  auto ended = UploadsEnded::none_found;
  // Uploads first: one that is completed before its end makes the object that is deleted next.
  if (ends_uploads) {
    CO_TRY_ASSIGN(ended, co_await parts_.abort_all(key));
  }
  auto request = bucket_.request("DELETE", bucket_.urls().object(key), "delete");
  // A late copy would delete what was put there since.
  if (bucket_.settings().replace) request.repeat = Repeat::if_not_carried_out;
  CO_TRY_ASSIGN(const auto reply, co_await bucket_.fetch(std::move(request)));
  if (reply.status >= 300 && !is_absent(reply)) co_return bucket_.refusal("delete", reply);
  co_return ended == UploadsEnded::all ? Discarded::for_good : Discarded::may_appear_later;
}

Task<Result<bool>> S3Store::extend(const Revision& name, WallTime deadline) {
  auto key = name.path();
  if (bucket_.settings().deadlines_in_objects) {
    co_return co_await move_deadline(bucket_, std::move(key), deadline);
  }
  CO_TRY_ASSIGN(const auto object, co_await bucket_.head(std::move(key)));
  co_return object.has_value();
}

Task<Result<BlobPage>> S3Store::list_blobs(std::string from, std::size_t limit) {
  const auto count = std::to_string(std::clamp<std::size_t>(limit, 1, most_listed));
  S3Query query = {{"list-type", "2"}, {"encoding-type", "url"}, {"max-keys", count}};
  if (!from.empty()) query.emplace_back("start-after", from);
  auto request = bucket_.request("GET", bucket_.urls().bucket(query), "list_objects");
  request.max_body = std::size_t{8} << 20;
  CO_TRY_ASSIGN(const auto reply, co_await bucket_.fetch(std::move(request)));
  if (reply.status != 200) co_return bucket_.refusal("list_objects", reply);
  CO_TRY_ASSIGN(auto listed, read_object_page(reply.body));
  BlobPage page;
  page.blobs.reserve(listed.objects.size());
  for (auto& object : listed.objects) {
    // A walk that goes back, or stands still, would never end.
    if (object.key <= from) {
      co_return Error(ErrorCode::unavailable, "S3 lists keys out of order: " + object.key);
    }
    from = object.key;
    page.blobs.push_back(listed_blob(std::move(object), bucket_.settings().replace));
  }
  if (listed.truncated) page.next = std::move(from);
  co_return std::move(page);
}

}  // namespace objectstore
