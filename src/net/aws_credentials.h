// Keys for AWS and what speaks its protocol, found where AWS's own SDKs find them.
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "net/fresh_value.h"
#include "net/token_fetcher.h"
#include "runtime/log.h"
#include "runtime/random.h"

namespace objectstore {

struct AwsCredentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  // of temporary credentials; empty: none
};

// Any thread may call.
class AwsCredentialsSource {
 public:
  virtual ~AwsCredentialsSource() = default;
  // Valid ones. Bounded in time by itself. Errors: unavailable (trying again may help), others (the
  // configuration is wrong).
  [[nodiscard]] virtual Task<Result<AwsCredentials>> get() = 0;
  // They were refused: the next get() gives fresher ones. False: there are none fresher.
  [[nodiscard]] virtual bool refresh() = 0;

  // For the start of a program: the first ones are here, or the error of the last of `tries`.
  [[nodiscard]] virtual Task<Result<void>> wait_for_first(int tries) {
    (void)tries;
    co_return Result<void>();
  }
  // Before destruction, unless the executor is gone.
  [[nodiscard]] virtual Task<void> close() { co_return; }
  // Where they come from; no secret.
  [[nodiscard]] virtual std::string describe() const { return "credentials"; }
};

// Whoever is named first counts; a member that is empty is not there. Environment variables come in
// as values.
struct AwsCredentialsSettings {
  // Of the configuration. The secret is in the one or the other.
  AwsCredentials keys;
  std::string secret_file;  // holds the secret alone; read again when it was refused

  // AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
  AwsCredentials environment;

  // AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN, AWS_ROLE_SESSION_NAME: a role, for whom another
  // party vouches by the token in the file.
  std::string web_identity_token_file;
  std::string role_arn;
  std::string role_session_name = "objectstore";
  std::string region = "us-east-1";  // whose STS is asked
  std::string sts_endpoint;          // "https://host"; empty: AWS in `region`

  // A profile in the file of credentials (~/.aws/credentials) or of configuration (~/.aws/config).
  std::string credentials_file;
  std::string config_file;
  std::string profile;  // AWS_PROFILE, which must be there; empty: "default", which need not

  // AWS_CONTAINER_CREDENTIALS_FULL_URI or …_RELATIVE_URI, AWS_CONTAINER_AUTHORIZATION_TOKEN(_FILE)
  std::string container_full_uri;
  std::string container_relative_uri;
  std::string container_token;
  std::string container_token_file;

  // Empty: not to be asked (AWS_EC2_METADATA_DISABLED).
  std::string metadata_server = "http://169.254.169.254";
};

using AwsCredentialsFetcher = Fetcher<AwsCredentials>;

// Reads files; asks no server yet. Blocks. Keys that come from elsewhere than the settings are kept
// by a FreshValue on `executor`, which `parts.http` works on. Errors (naming file and member, never
// content): invalid_argument, unsupported, io.
[[nodiscard]] Result<std::unique_ptr<AwsCredentialsSource>> load_aws_credentials(
    const AwsCredentialsSettings& settings, TokenParts parts, boost::asio::any_io_executor executor,
    Random& random, Logger& logger);

}  // namespace objectstore
