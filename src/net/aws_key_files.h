// AWS credentials that stand in files, read anew whenever they were refused.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/aws_credentials.h"

namespace objectstore {

// The secret of `access_key_id`, alone in its file but for blanks. Blocks. Errors:
// invalid_argument, io.
[[nodiscard]] Result<std::unique_ptr<AwsCredentialsFetcher>> make_aws_secret_file(
    std::string access_key_id, std::string path, BlockingPool& pool);

struct AwsProfile {
  std::string credentials_file;  // "[name]"; counts before the other; either may be absent
  std::string config_file;       // "[profile name]", "[default]"
  std::string name;              // empty: "default", which need not be there
};

// nullptr: neither file has keys. Blocks. Errors (naming file, profile and setting): io,
// invalid_argument, unsupported (the profile takes its credentials from elsewhere).
[[nodiscard]] Result<std::unique_ptr<AwsCredentialsFetcher>> make_aws_profile(AwsProfile profile,
                                                                              BlockingPool& pool);

}  // namespace objectstore
