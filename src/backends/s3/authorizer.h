// Requests to S3 are signed: each attempt anew, as a signature is good for minutes only.
#pragma once

#include <string>

#include "backends/s3/sigv4.h"
#include "cloud/store_requests.h"
#include "net/aws_credentials.h"
#include "runtime/clock.h"

namespace objectstore {

// Any thread may call. Credentials and clock outlive it.
class S3Authorizer final : public RequestAuthorizer {
 public:
  S3Authorizer(AwsCredentialsSource& credentials, const Clock& clock, std::string region)
      : credentials_(credentials), clock_(clock), signer_(std::move(region), "s3") {}

  // The payload's hash is that of the header `x-amz-content-sha256`; without it, the hash of a body
  // in memory is taken, and one that streams is not signed.
  [[nodiscard]] Task<Result<void>> authorize(HttpRequest& request) override;
  // Expired or revoked keys; S3 says so with 400 and 403.
  [[nodiscard]] bool is_auth_failure(const HttpReply& reply) const override;
  [[nodiscard]] bool refresh() override { return credentials_.refresh(); }

 private:
  AwsCredentialsSource& credentials_;
  const Clock& clock_;
  SigV4Signer signer_;
};

}  // namespace objectstore
