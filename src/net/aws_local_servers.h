// AWS credentials of the role that a machine or container runs as, from the servers that AWS puts
// beside it.
#pragma once

#include <memory>
#include <string>

#include "net/aws_credentials.h"

namespace objectstore {

// `address`: "http://169.254.169.254", by IMDSv2. `why` says, in errors, why it is asked at all.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
[[nodiscard]] std::unique_ptr<AwsCredentialsFetcher> make_aws_instance_metadata(std::string address,
                                                                                std::string why,
                                                                                TokenParts parts);

struct AwsContainer {
  std::string full_uri;      // or:
  std::string relative_uri;  // "/path", on 169.254.170.2
  std::string token;         // the value of `Authorization`; or:
  std::string token_file;    // that it is in, read anew for each request
};

// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
// Errors: invalid_argument (the full URI is neither https:// nor a host of AWS's for this).
[[nodiscard]] Result<std::unique_ptr<AwsCredentialsFetcher>> make_aws_container(
    AwsContainer container, TokenParts parts);

}  // namespace objectstore
