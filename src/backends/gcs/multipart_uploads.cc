#include "backends/gcs/multipart_uploads.h"

#include <utility>

#include "base/digests.h"
#include "cloud/object_fields.h"
#include "cloud/spool_file.h"
#include "cloud/xml_multipart.h"

namespace objectstore {

namespace {

constexpr std::uint32_t most_parts = 10'000;
constexpr std::uint64_t largest_part = 5ULL << 30;
constexpr std::size_t largest_listing = 4 << 20;  // of 1000 parts or uploads
constexpr int most_listings = 1000;

std::string upload_query(const std::string& upload_id) {
  return "?uploadId=" + encode_component(upload_id);
}

StoreRequest upload_request(const GcsContext& context, std::string action, std::string method,
                            const std::string& name, const std::string& query) {
  return make_gcs_request(context, std::move(action), std::move(method),
                          context.urls.xml_object(name) + query);
}

// What a client can do better; the upload stays as it was.
bool is_bad_request(const HttpReply& reply) {
  return reply.status == 400 || reply.status == 411 || reply.status == 413;
}
PartRefused part_refused(const HttpReply& reply) {
  auto refusal = read_refusal(reply);
  if (refusal.code.empty()) refusal.code = "InvalidRequest";
  return PartRefused{std::move(refusal.code), std::move(refusal.message)};
}

std::optional<PartRefused> check_part(const PartToUpload& part) {
  if (part.number < 1 || part.number > most_parts) {
    return PartRefused{"InvalidArgument", "Part numbers are from 1 to 10000."};
  }
  if (part.length > largest_part) {
    return PartRefused{"EntityTooLarge", "A part can't be larger than 5 GiB."};
  }
  if (part.content_md5 && !is_md5_base64(*part.content_md5)) {
    return PartRefused{"InvalidDigest", "Content-MD5 is not the base64 of an MD5 digest."};
  }
  return std::nullopt;
}

// The bytes of a part, and their MD5 in base64.
struct SpooledPart {
  std::unique_ptr<SpoolFile> bytes;
  std::string md5;
};

Task<Result<SpooledPart>> spool(const GcsContext& context, PartToUpload part) {
  SpooledPart spooled;
  CO_TRY_ASSIGN(spooled.bytes,
                co_await SpoolFile::create(context.pool, context.settings.spool_directory));
  Digest md5(Digest::Kind::md5);
  for (;;) {
    CO_TRY_ASSIGN(const auto piece, co_await part.stream->next());
    if (piece.empty()) break;
    if (piece.size() > part.length - spooled.bytes->size()) {
      co_return Error(ErrorCode::client_stream, "the part is longer than was announced");
    }
    md5.update(piece);
    CO_TRY(co_await spooled.bytes->append(piece));
  }
  if (spooled.bytes->size() != part.length) {
    co_return Error(ErrorCode::client_stream, "the part is shorter than was announced");
  }
  spooled.md5 = base64_encode(md5.finish());
  co_return std::move(spooled);
}

Task<Result<UploadPage>> list_uploads(const GcsContext& context, const std::string& name,
                                      const UploadPage& before) {
  auto url = context.urls.xml_bucket() + "?uploads&prefix=" + encode_component(name);
  if (!before.next_key.empty()) {
    url.append("&key-marker=").append(encode_component(before.next_key));
    url.append("&upload-id-marker=").append(encode_component(before.next_upload_id));
  }
  auto request = make_gcs_request(context, "list_uploads", "GET", std::move(url));
  request.max_body = largest_listing;
  CO_TRY_ASSIGN(const auto reply, co_await fetch_gcs(context, std::move(request)));
  if (reply.status != 200) co_return gcs_refusal("list_uploads", reply);
  co_return read_upload_page(reply.body);
}

// Why a completion is not to be tried: an object of that name is there.
Task<Result<std::variant<BlobCompleted, NoSuchUpload, PartRefused>>> refuse_to_replace(
    const GcsContext& context, std::string name, std::string upload_id) {
  ListParts one;
  one.max = 1;
  CO_TRY_ASSIGN(const auto listed,
                co_await list_gcs_parts(context, name, std::move(upload_id), one));
  if (std::holds_alternative<NoSuchUpload>(listed)) co_return NoSuchUpload{};
  co_return Error(ErrorCode::conflict, "GCS: an object exists already under the name " + name);
}

}  // namespace

Task<Result<std::string>> initiate_gcs_upload(const GcsContext& context, std::string name,
                                              const Metadata& metadata) {
  auto request = upload_request(context, "initiate", "POST", name, "?uploads");
  auto& headers = request.http.headers;
  headers.emplace_back("Content-Type", metadata.content_type);
  if (metadata.compression) headers.emplace_back("Content-Encoding", "zstd");
  if (metadata.time_expires) {
    headers.emplace_back("x-goog-custom-time", custom_time_seconds(*metadata.time_expires));
  }
  FieldTimes times;
  times.created = false;
  times.expires = false;
  for (auto& [field, value] : fields_from_metadata(metadata, times))
    headers.emplace_back("x-goog-meta-" + field, std::move(value));
  // Carried out twice, it opens two uploads, of which one is never aborted.
  request.repeat = Repeat::if_not_carried_out;
  CO_TRY_ASSIGN(const auto reply, co_await fetch_gcs(context, std::move(request)));
  if (reply.status != 200) co_return gcs_refusal("initiate", reply);
  co_return read_upload_id(reply.body);
}

Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> put_gcs_part(
    const GcsContext& context, std::string name, std::string upload_id, PartToUpload part) {
  if (auto refused = check_part(part)) co_return std::move(*refused);
  CO_TRY_ASSIGN(const auto spooled, co_await spool(context, part));
  if (part.content_md5 && *part.content_md5 != spooled.md5) {
    co_return PartRefused{"BadDigest", "Content-MD5 is not that of the part."};
  }
  const auto query = "?partNumber=" + std::to_string(part.number) + "&uploadId=";
  auto request =
      upload_request(context, "put_part", "PUT", name, query + encode_component(upload_id));
  request.http.headers.emplace_back("Content-MD5", spooled.md5);
  if (part.length > 0) request.body = spooled.bytes.get();
  request.timeout = transfer_timeout(context.settings, part.length);
  CO_TRY_ASSIGN(const auto reply, co_await fetch_gcs(context, std::move(request)));
  if (is_not_found(reply)) co_return NoSuchUpload{};
  if (is_bad_request(reply)) co_return part_refused(reply);
  if (reply.status != 200) co_return gcs_refusal("put_part", reply);
  const auto etag = find_header(reply.headers, "etag");
  if (!etag || etag->empty()) {
    co_return Error(ErrorCode::unavailable, "GCS: a part was stored without an ETag");
  }
  co_return std::string(*etag);
}

Task<Result<std::variant<PartPage, NoSuchUpload>>> list_gcs_parts(const GcsContext& context,
                                                                  std::string name,
                                                                  std::string upload_id,
                                                                  ListParts wanted) {
  auto query = upload_query(upload_id);
  if (wanted.max) query.append("&max-parts=").append(std::to_string(*wanted.max));
  if (wanted.after > 0) query.append("&part-number-marker=").append(std::to_string(wanted.after));
  auto request = upload_request(context, "list_parts", "GET", name, query);
  request.max_body = largest_listing;
  CO_TRY_ASSIGN(const auto reply, co_await fetch_gcs(context, std::move(request)));
  if (is_not_found(reply)) co_return NoSuchUpload{};
  if (reply.status != 200) co_return gcs_refusal("list_parts", reply);
  CO_TRY_ASSIGN(auto page, read_part_page(reply.body));
  co_return std::move(page);
}

Task<Result<std::variant<BlobCompleted, NoSuchUpload, PartRefused>>> complete_gcs_upload(
    const GcsContext& context, std::string name, std::string upload_id,
    const std::vector<ListedPart>& parts) {
  if (!context.settings.replace) {
    CO_TRY_ASSIGN(const auto resource, co_await fetch_resource(context, name));
    if (resource) co_return co_await refuse_to_replace(context, name, upload_id);
  }
  auto request = upload_request(context, "complete", "POST", name, upload_query(upload_id));
  request.http.headers.emplace_back("Content-Type", "application/xml");
  request.http.body = SharedBytes(write_completion(parts));
  request.http.stall_timeout = std::nullopt;
  request.timeout = context.settings.completion_timeout;
  // A second one would find the upload gone.
  request.repeat = Repeat::if_not_carried_out;
  CO_TRY_ASSIGN(const auto reply, co_await fetch_gcs(context, std::move(request)));
  if (is_not_found(reply)) co_return NoSuchUpload{};
  if (is_bad_request(reply)) co_return part_refused(reply);
  if (reply.status != 200) co_return gcs_refusal("complete", reply);
  CO_TRY_ASSIGN(auto refused, read_completion(reply.body));
  if (!refused) co_return BlobCompleted{};
  if (refused->code == "NoSuchUpload") co_return NoSuchUpload{};
  co_return std::move(*refused);
}

Task<Result<void>> abort_gcs_upload(const GcsContext& context, std::string name,
                                    std::string upload_id) {
  auto request = upload_request(context, "abort", "DELETE", name, upload_query(upload_id));
  CO_TRY_ASSIGN(const auto reply, co_await fetch_gcs(context, std::move(request)));
  const bool ended = reply.status == 200 || reply.status == 204 || is_not_found(reply);
  if (!ended) co_return gcs_refusal("abort", reply);
  co_return Result<void>();
}

Task<Result<void>> abort_gcs_uploads(const GcsContext& context, std::string name) {
  UploadPage page;
  for (int listings = 0; listings < most_listings; ++listings) {
    CO_TRY_ASSIGN(page, co_await list_uploads(context, name, page));
    for (const auto& upload : page.uploads) {
      // Longer names with that beginning come after it.
      if (upload.key != name) co_return Result<void>();
      CO_TRY(co_await abort_gcs_upload(context, name, upload.upload_id));
    }
    if (!page.truncated) co_return Result<void>();
  }
  co_return Error(ErrorCode::unavailable, "GCS: a list of uploads does not end");
}

}  // namespace objectstore
