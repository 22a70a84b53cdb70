#include "backends/s3/authorizer.h"

#include <algorithm>
#include <iterator>

#include "base/digests.h"
#include "cloud/store_errors.h"

namespace objectstore {

namespace {

std::string payload_hash_of(const HttpRequest& request) {
  if (const auto given = find_header(request.headers, "x-amz-content-sha256")) {
    return std::string(*given);
  }
  const auto* bytes = std::get_if<SharedBytes>(&request.body);
  if (bytes == nullptr) return std::string(unsigned_payload);
  return hex_encode(digest_of(Digest::Kind::sha256, bytes->view()));
}

bool is_of_a_signature(const std::string& name) {
  return name == "authorization" || name == "x-amz-date" || name == "x-amz-security-token" ||
         name == "x-amz-content-sha256";
}

}  // namespace

Task<Result<void>> S3Authorizer::authorize(HttpRequest& request) {
  CO_TRY_ASSIGN(const auto credentials, co_await credentials_.get());
  const auto hash = payload_hash_of(request);
  std::erase_if(request.headers,
                [](const auto& header) { return is_of_a_signature(header.first); });
  const RequestToSign to_sign{request.method, request.url, request.headers, hash};
  auto added = signer_.sign(to_sign, credentials, clock_.now());
  std::move(added.begin(), added.end(), std::back_inserter(request.headers));
  co_return Result<void>();
}

bool S3Authorizer::is_auth_failure(const HttpReply& reply) const {
  if (reply.status == 401) return true;
  if (reply.status != 400 && reply.status != 403) return false;
  // HEAD is answered without the code. No request of ours is a bad one otherwise.
  if (reply.body.empty()) return reply.status == 400;
  const auto code = read_refusal(reply).code;
  return code == "ExpiredToken" || code == "TokenRefreshRequired" || code == "InvalidToken" ||
         code == "InvalidAccessKeyId";
}

}  // namespace objectstore
