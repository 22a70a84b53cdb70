#include "app/s3_tier.h"

#include "app/bucket_tier.h"
#include "app/outgoing_http.h"
#include "backends/s3/authorizer.h"

namespace objectstore {

namespace {

constexpr int credential_tries = 3;
constexpr const char* default_region = "us-east-1";
constexpr const char* metadata_server = "http://169.254.169.254";

std::string text(const std::optional<std::string>& value) {
  return value.value_or("");
}
std::string text(const std::optional<Secret>& secret) {
  return secret ? secret->value : "";
}

}  // namespace

S3Tier::S3Tier(const std::string& url, const std::optional<std::string>& ca_file,
               const Machine& machine)
    : machine_(machine),
      credentials_http_(machine.executors.front(), machine.clock, machine.clock,
                        outgoing_http(machine.network, "https://", std::nullopt)),
      http_(machine.executors, machine.clock, outgoing_http(machine.network, url, ca_file)) {}

Result<std::unique_ptr<BlobTier>> S3Tier::make(const S3Storage& config, bool single,
                                               const Machine& machine) {
  S3Settings settings;
  settings.bucket = config.bucket;
  settings.region = config.region.value_or(machine.aws.region.value_or(default_region));
  settings.endpoint = text(config.endpoint);
  settings.path_style = config.path_style.value_or(config.endpoint.has_value());
  settings.replace = single;
  settings.deadlines_in_objects = single;
  settings.conditional_writes = config.conditional_writes;
  settings.checksums = config.checksums;
  TRY_ASSIGN(settings.spool_directory, spool_directory(config.spool_directory, machine));
  std::unique_ptr<S3Tier> tier(
      new S3Tier(config.endpoint.value_or("https://"), config.ca_file, machine));
  TRY(tier->find_credentials(config, settings.region));
  tier->authorizer_ =
      std::make_unique<S3Authorizer>(*tier->credentials_, machine.clock, settings.region);
  TRY(tier->build(std::move(settings)));
  return std::unique_ptr<BlobTier>(std::move(tier));
}

Result<std::unique_ptr<BlobTier>> S3Tier::make(const S3CompatibleStorage& config, bool single,
                                               const Machine& machine) {
  S3Settings settings;
  settings.dialect = S3Dialect::reference;
  settings.bucket = config.bucket;
  settings.endpoint = config.endpoint;
  settings.path_style = true;
  settings.replace = single;
  settings.deadlines_in_objects = single;
  settings.conditional_writes = false;
  settings.checksums = false;
  TRY_ASSIGN(settings.spool_directory, spool_directory(std::nullopt, machine));
  std::unique_ptr<S3Tier> tier(new S3Tier(config.endpoint, std::nullopt, machine));
  tier->authorizer_ = std::make_unique<Anonymous>();
  TRY(tier->build(std::move(settings)));
  return std::unique_ptr<BlobTier>(std::move(tier));
}

Result<void> S3Tier::find_credentials(const S3Storage& config, const std::string& region) {
  const auto& aws = machine_.aws;
  AwsCredentialsSettings settings;
  settings.keys.access_key_id = text(config.access_key_id);
  settings.keys.secret_access_key = text(config.secret_access_key);
  settings.secret_file = text(config.secret_access_key_file);
  // A profile that the configuration names counts for more than what the environment holds.
  if (!config.profile) {
    settings.environment = {text(aws.access_key_id), text(aws.secret_access_key),
                            text(aws.session_token)};
    settings.web_identity_token_file = text(aws.web_identity_token_file);
  }
  settings.role_arn = text(aws.role_arn);
  if (aws.role_session_name) settings.role_session_name = *aws.role_session_name;
  settings.region = region;
  settings.sts_endpoint = text(aws.sts_endpoint);
  settings.credentials_file = text(aws.credentials_file);
  settings.config_file = text(aws.config_file);
  settings.profile = text(config.profile ? config.profile : aws.profile);
  settings.container_full_uri = text(aws.container_full_uri);
  settings.container_relative_uri = text(aws.container_relative_uri);
  settings.container_token = text(aws.container_token);
  settings.container_token_file = text(aws.container_token_file);
  settings.metadata_server =
      aws.metadata_disabled ? "" : aws.metadata_endpoint.value_or(metadata_server);
  TRY_ASSIGN(
      credentials_,
      load_aws_credentials(settings, TokenParts{credentials_http_, machine_.clock, machine_.pool},
                           machine_.executors.front(), machine_.random, machine_.logger));
  return Result<void>();
}

Result<void> S3Tier::build(S3Settings settings) {
  const S3Environment environment{http_,          *authorizer_,    machine_.pool,
                                  machine_.clock, machine_.random, machine_.logger};
  TRY_ASSIGN(store_, S3Store::make(std::move(settings), environment, machine_.executors.front()));
  if (machine_.metrics != nullptr) {
    request_metrics_.emplace(*machine_.metrics, "s3",
                             [&store = *store_] { return store.request_counts(); });
  }
  return Result<void>();
}

Task<Result<void>> S3Tier::connect() {
  if (!credentials_) co_return Result<void>();
  auto found = co_await credentials_->wait_for_first(credential_tries);
  if (!found.ok()) {
    co_return std::move(found).error().wrap("no access to S3 with " + credentials_->describe());
  }
  co_return co_await look_into(*store_, machine_.logger);
}

Task<void> S3Tier::give_up() {
  co_await http_.close();
  // First its requests, which closing the credentials waits for.
  credentials_http_.close();
  if (credentials_) co_await credentials_->close();
}

Task<void> S3Tier::close() {
  // Uploads that were dropped are aborted first.
  co_await store_->close();
  co_await give_up();
}

}  // namespace objectstore
