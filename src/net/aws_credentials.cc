#include "net/aws_credentials.h"

#include <utility>

#include "net/aws_key_files.h"
#include "net/aws_keys.h"
#include "net/aws_local_servers.h"
#include "net/aws_web_identity.h"

namespace objectstore {

namespace {

class FixedKeys final : public AwsCredentialsSource {
 public:
  FixedKeys(AwsCredentials keys, std::string source)
      : keys_(std::move(keys)), source_(std::move(source)) {}

  [[nodiscard]] Task<Result<AwsCredentials>> get() override { co_return keys_; }
  [[nodiscard]] bool refresh() override { return false; }
  [[nodiscard]] std::string describe() const override { return source_; }

 private:
  const AwsCredentials keys_;
  const std::string source_;
};

class FetchedKeys final : public AwsCredentialsSource {
 public:
  FetchedKeys(boost::asio::any_io_executor executor, std::unique_ptr<AwsCredentialsFetcher> fetcher,
              Clock& clock, Random& random, Logger& logger)
      : keys_(std::move(executor), std::move(fetcher), clock, random, logger) {}

  [[nodiscard]] Task<Result<AwsCredentials>> get() override {
    if (const auto cached = keys_.cached()) co_return *cached;
    CO_TRY_ASSIGN(const auto keys, co_await keys_.get());
    co_return *keys;
  }
  [[nodiscard]] bool refresh() override {
    keys_.refresh();
    return true;
  }
  [[nodiscard]] Task<Result<void>> wait_for_first(int tries) override {
    return keys_.wait_for_first(tries);
  }
  [[nodiscard]] Task<void> close() override { return keys_.close(); }
  [[nodiscard]] std::string describe() const override { return keys_.describe(); }

 private:
  FreshValue<AwsCredentials> keys_;
};

bool any_of(const AwsCredentials& keys) {
  return !keys.access_key_id.empty() || !keys.secret_access_key.empty() ||
         !keys.session_token.empty();
}

Result<std::unique_ptr<AwsCredentialsSource>> fixed_keys(const AwsCredentials& keys,
                                                         std::string source) {
  TRY_ASSIGN(auto checked, lasting_keys(keys, source));
  return std::unique_ptr<AwsCredentialsSource>(
      std::make_unique<FixedKeys>(std::move(checked.value), std::move(source)));
}

Result<std::unique_ptr<AwsCredentialsFetcher>> web_identity(const AwsCredentialsSettings& settings,
                                                            TokenParts parts) {
  if (settings.role_arn.empty()) {
    return Error(ErrorCode::invalid_argument,
                 "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not");
  }
  return make_aws_web_identity(
      AwsWebIdentity{settings.web_identity_token_file, settings.role_arn,
                     settings.role_session_name, settings.region, settings.sts_endpoint},
      parts);
}

// The first of those whose keys come from elsewhere.
Result<std::unique_ptr<AwsCredentialsFetcher>> choose_fetcher(
    const AwsCredentialsSettings& settings, TokenParts parts) {
  if (!settings.web_identity_token_file.empty()) return web_identity(settings, parts);
  TRY_ASSIGN(auto profile, make_aws_profile(AwsProfile{settings.credentials_file,
                                                       settings.config_file, settings.profile},
                                            parts.pool));
  if (profile) return profile;
  if (!settings.container_full_uri.empty() || !settings.container_relative_uri.empty()) {
    return make_aws_container(
        AwsContainer{settings.container_full_uri, settings.container_relative_uri,
                     settings.container_token, settings.container_token_file},
        parts);
  }
  const std::string why =
      "there are no AWS credentials in the configuration, the environment or a profile";
  if (settings.metadata_server.empty()) {
    return Error(ErrorCode::invalid_argument, why + ", and instance metadata is disabled");
  }
  return make_aws_instance_metadata(settings.metadata_server,
                                    why + ", and none were had from the instance", parts);
}

}  // namespace

Result<std::unique_ptr<AwsCredentialsSource>> load_aws_credentials(
    const AwsCredentialsSettings& settings, TokenParts parts, boost::asio::any_io_executor executor,
    Random& random, Logger& logger) {
  std::unique_ptr<AwsCredentialsFetcher> fetcher;
  if (!settings.secret_file.empty()) {
    if (!settings.keys.secret_access_key.empty()) {
      return Error(ErrorCode::invalid_argument,
                   "the secret access key is in the configuration and in a file");
    }
    TRY_ASSIGN(fetcher,
               make_aws_secret_file(settings.keys.access_key_id, settings.secret_file, parts.pool));
  } else if (any_of(settings.keys)) {
    return fixed_keys(settings.keys, "AWS credentials of the configuration");
  } else if (any_of(settings.environment)) {
    return fixed_keys(settings.environment, "AWS credentials of the environment");
  } else {
    TRY_ASSIGN(fetcher, choose_fetcher(settings, parts));
  }
  return std::unique_ptr<AwsCredentialsSource>(std::make_unique<FetchedKeys>(
      std::move(executor), std::move(fetcher), parts.clock, random, logger));
}

}  // namespace objectstore
