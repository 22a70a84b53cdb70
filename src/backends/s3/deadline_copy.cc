#include "backends/s3/deadline_copy.h"

#include <algorithm>
#include <utility>

#include "backends/s3/part_requests.h"

namespace objectstore {

namespace {

constexpr int most_tries = 3;

// The object has its new metadata already; the store has it as it was.
StoreRequest copy_request(const S3Bucket& bucket, const std::string& key, const S3Object& object) {
  auto request = bucket.request("PUT", bucket.urls().object(key), "copy");
  request.timeout = S3Bucket::transfer_timeout(object.size);
  request.http.headers = headers_of_object(object.metadata, object.mark, bucket.settings().dialect);
  auto& headers = request.http.headers;
  if (!bucket.is_amazon()) {
    headers.emplace_back("x-goog-copy-source", bucket.urls().copy_source(key));
    headers.emplace_back("x-goog-metadata-directive", "REPLACE");
    return request;
  }
  headers.emplace_back("x-amz-copy-source", bucket.urls().copy_source(key));
  headers.emplace_back("x-amz-metadata-directive", "REPLACE");
  if (object.etag.empty()) return request;
  headers.emplace_back("x-amz-copy-source-if-match", object.etag);
  // The copy must not land on what another upload has put there since.
  if (bucket.settings().conditional_writes) headers.emplace_back("if-match", object.etag);
  return request;
}

Task<Result<HttpReply>> copy_parts(S3Bucket& bucket, UploadTarget target, const S3Object& object) {
  PartRequests requests(bucket);
  Completion completion;
  completion.replaced_etag = object.etag;
  completion.whole.emplace().size = object.size;
  const auto most = bucket.settings().max_copy_bytes;
  std::uint32_t number = 1;
  for (std::uint64_t offset = 0; offset < object.size; offset += most, ++number) {
    const ByteRange range{offset, std::min(most, object.size - offset)};
    CO_TRY_ASSIGN(auto part, co_await requests.copy(target, number, range, object.etag));
    completion.parts.push_back(std::move(part));
  }
  co_return co_await requests.complete(std::move(target), std::move(completion));
}

Task<Result<HttpReply>> copy_large(S3Bucket& bucket, const std::string& key,
                                   const S3Object& object) {
  PartRequests requests(bucket);
  auto headers = headers_of_object(object.metadata, object.mark, bucket.settings().dialect);
  // Without: there are stores which give each part of a copy the checksum of its whole source.
  const auto checksums = PartChecksums::none;
  CO_TRY_ASSIGN(auto id, co_await requests.create(key, std::move(headers), checksums));
  const UploadTarget target{key, std::move(id)};
  auto reply = co_await copy_parts(bucket, target, object);
  if (reply.ok() && reply->status == 200) co_return reply;
  const auto aborted = co_await requests.abort(target);
  if (!aborted.ok()) {
    bucket.logger().warn("a multipart upload could not be aborted",
                         {{"key", key}, {"error", aborted.error().describe()}});
  }
  co_return reply;
}

}  // namespace

Task<Result<bool>> move_deadline(S3Bucket& bucket, std::string key, WallTime deadline) {
  for (int attempt = 1;; ++attempt) {
    CO_TRY_ASSIGN(auto object, co_await bucket.head(key));
    if (!object) co_return false;
    auto& expires = object->metadata.time_expires;
    if (!expires || *expires >= deadline) co_return true;
    expires = deadline;
    const bool is_large = bucket.is_amazon() && object->size > bucket.settings().max_copy_bytes;
    Result<HttpReply> reply = HttpReply();
    if (is_large) {
      reply = co_await copy_large(bucket, key, *object);
    } else {
      auto request = copy_request(bucket, key, *object);
      reply = co_await bucket.fetch(std::move(request));
    }
    if (!reply.ok()) co_return std::move(reply).error();
    if (reply->status == 200) co_return true;
    // Deleted or replaced since: see what is there now.
    const bool changed = reply->status == 404 || reply->status == 412;
    if (!changed || attempt == most_tries) co_return bucket.refusal("copy", *reply);
  }
}

}  // namespace objectstore
