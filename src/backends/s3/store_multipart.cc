// The uploads that clients make part by part.
#include <array>
#include <utility>

#include "backends/s3/errors.h"
#include "backends/s3/store.h"
#include "backends/s3/upload_plan.h"
#include "cloud/store_errors.h"
#include "cloud/xml_multipart.h"

namespace objectstore {

namespace {

// What says that the client asked for something wrong, and harms nothing else.
bool is_about_the_request(const StoreRefusal& refusal) {
  constexpr std::array<std::string_view, 9> codes = {
      "BadDigest",   "EntityTooLarge", "EntityTooSmall",   "InvalidArgument", "InvalidDigest",
      "InvalidPart", "InvalidRequest", "InvalidPartOrder", "MalformedXML"};
  for (const auto code : codes) {
    if (refusal.status == 400 && refusal.code == code) return true;
  }
  return false;
}

// All of the part, by its own account, into `spooled`.
Task<Result<void>> spool(const PartToUpload& part, SpooledPart& spooled) {
  const Error wrong_length(ErrorCode::client_stream, "the part has another length than announced");
  for (;;) {
    CO_TRY_ASSIGN(const auto bytes, co_await part.stream->next());
    if (bytes.empty()) break;
    if (bytes.size() > part.length - spooled.size()) co_return wrong_length;
    CO_TRY(co_await spooled.append(bytes));
  }
  if (spooled.size() != part.length) co_return wrong_length;
  co_return Result<void>();
}

}  // namespace

Result<void> S3Store::check_multipart(std::string_view upload_id) const {
  if (!bucket_.is_amazon()) {
    return Error(ErrorCode::unsupported, "the s3compatible store has no multipart uploads");
  }
  // An empty one would be another request: that on the object.
  if (upload_id.empty()) return Error(ErrorCode::invalid_argument, "the upload id is empty");
  return {};
}

Task<Result<std::string>> S3Store::initiate(const Revision& name, const Metadata& metadata) {
  CO_TRY(check_multipart("new"));
  CO_TRY(check_name(name.object_path()));
  const auto mark = make_uuid_v4(bucket_.random()).str();
  auto headers = headers_of_object(metadata, mark, bucket_.settings().dialect);
  // Parts come from clients, who complete them without their checksums.
  co_return co_await parts_.create(name.path(), std::move(headers), PartChecksums::none);
}

Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> S3Store::put_part(
    const Revision& name, std::string_view upload_id, PartToUpload part) {
  using Stored = std::variant<std::string, NoSuchUpload, PartRefused>;
  CO_TRY(check_multipart(upload_id));
  if (part.length > largest_part) {
    co_return Error(ErrorCode::payload_too_large, "S3 takes no part of more than 5 GiB");
  }
  UploadTarget target{name.path(), std::string(upload_id)};
  auto directory = bucket_.settings().spool_directory;
  const bool with_md5 = part.content_md5.has_value();
  CO_TRY_ASSIGN(const auto spooled,
                co_await SpooledPart::create(bucket_.pool(), std::move(directory), with_md5));
  CO_TRY(co_await spool(part, *spooled));
  if (with_md5 && spooled->take_md5() != *part.content_md5) {
    PartRefused refused{"BadDigest",
                        "The Content-MD5 you specified did not match what we received."};
    co_return Stored(std::move(refused));
  }
  PartToSend to_send;
  to_send.number = part.number;
  to_send.part = spooled.get();
  to_send.body = &spooled->body();
  to_send.content_md5 = part.content_md5;
  CO_TRY_ASSIGN(const auto reply,
                co_await parts_.put(std::move(target), std::move(to_send), PartChecksums::none));
  if (reply.status == 200) co_return Stored(std::string(*find_header(reply.headers, "etag")));
  auto refusal = read_refusal(reply);
  if (is_absent(reply)) co_return Stored(NoSuchUpload());
  if (!is_about_the_request(refusal)) co_return bucket_.refusal("put_part", reply);
  co_return Stored(PartRefused{std::move(refusal.code), std::move(refusal.message)});
}

Task<Result<std::variant<PartPage, NoSuchUpload>>> S3Store::list_parts(const Revision& name,
                                                                       std::string_view upload_id,
                                                                       ListParts request) {
  using Listed = std::variant<PartPage, NoSuchUpload>;
  CO_TRY(check_multipart(upload_id));
  const auto after = std::to_string(request.after);
  const auto max = std::to_string(request.max.value_or(0));
  S3Query query = {{"uploadId", upload_id}};
  if (request.after != 0) query.emplace_back("part-number-marker", after);
  if (request.max) query.emplace_back("max-parts", max);
  auto asked = bucket_.request("GET", bucket_.urls().object(name.path(), query), "list_parts");
  CO_TRY_ASSIGN(const auto reply, co_await bucket_.fetch(std::move(asked)));
  if (reply.status == 200) {
    CO_TRY_ASSIGN(auto page, read_part_page(reply.body));
    co_return Listed(std::move(page));
  }
  if (is_absent(reply)) co_return Listed(NoSuchUpload());
  co_return bucket_.refusal("list_parts", reply);
}

Task<Result<std::variant<BlobCompleted, NoSuchUpload, PartRefused>>> S3Store::complete(
    const Revision& name, std::string_view upload_id, const std::vector<ListedPart>& parts) {
  using Completed = std::variant<BlobCompleted, NoSuchUpload, PartRefused>;
  CO_TRY(check_multipart(upload_id));
  Completion completion;
  completion.parts.reserve(parts.size());
  for (const auto& part : parts)
    completion.parts.push_back({part, std::string()});
  UploadTarget target{name.path(), std::string(upload_id)};
  CO_TRY_ASSIGN(const auto reply,
                co_await parts_.complete(std::move(target), std::move(completion)));
  if (reply.status == 200) co_return Completed(BlobCompleted());
  auto refusal = read_refusal(reply);
  if (is_absent(reply)) co_return Completed(NoSuchUpload());
  if (!is_about_the_request(refusal)) co_return bucket_.refusal("complete", reply);
  co_return Completed(PartRefused{std::move(refusal.code), std::move(refusal.message)});
}

Task<Result<void>> S3Store::abort(const Revision& name, std::string_view upload_id) {
  CO_TRY(check_multipart(upload_id));
  UploadTarget target{name.path(), std::string(upload_id)};
  CO_TRY(co_await parts_.abort(std::move(target)));
  co_return Result<void>();
}

Task<Result<void>> S3Store::abort_all(const Revision& name) {
  CO_TRY(check_multipart("any"));
  CO_TRY(co_await parts_.abort_all(name.path()));
  co_return Result<void>();
}

}  // namespace objectstore
