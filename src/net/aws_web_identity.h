// AWS credentials of a role that a party vouches for by a token in a file, such as Kubernetes does
// for a service account.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
#pragma once

#include <memory>
#include <string>

#include "net/aws_credentials.h"

namespace objectstore {

struct AwsWebIdentity {
  std::string token_file;  // read anew for each request
  std::string role_arn;
  std::string session_name;
  std::string region;
  std::string sts_endpoint;  // empty: AWS in `region`
};

// Errors: invalid_argument (the endpoint is no https:// URL).
[[nodiscard]] Result<std::unique_ptr<AwsCredentialsFetcher>> make_aws_web_identity(
    AwsWebIdentity identity, TokenParts parts);

}  // namespace objectstore
