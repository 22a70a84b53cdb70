#include "app/gcs_tier.h"

#include "app/bucket_tier.h"
#include "app/outgoing_http.h"
#include "backends/gcs/urls.h"

namespace objectstore {

namespace {

// Moving an object's deadline is an update of its metadata, which read_write does not cover.
constexpr const char* scope = "https://www.googleapis.com/auth/devstorage.full_control";
constexpr int token_tries = 3;

}  // namespace

GcsTier::GcsTier(const GcsStorage& config, const Machine& machine)
    : config_(config),
      machine_(machine),
      http_(machine.executors, machine.clock,
            outgoing_http(machine.network, config.endpoint.value_or("https://"), config.ca_file)) {}

Result<std::unique_ptr<BlobTier>> GcsTier::make(const GcsStorage& config, bool single,
                                                const Machine& machine) {
  GcsSettings settings;
  settings.bucket = config.bucket;
  settings.replace = single;
  if (config.endpoint) {
    TRY_ASSIGN(settings.endpoint, gcs_endpoint(*config.endpoint));
  }
  TRY_ASSIGN(settings.spool_directory, spool_directory(config.spool_directory, machine));
  std::unique_ptr<GcsTier> tier(new GcsTier(config, machine));
  if (config.endpoint) {
    tier->authorizer_ = std::make_unique<Anonymous>();
  } else {
    TRY_ASSIGN(tier->tokens_, GoogleTokens::open(machine, scope));
    tier->authorizer_ = std::make_unique<BearerAuthorizer>(tier->tokens_->cache());
  }
  tier->requests_.emplace(tier->http_, *tier->authorizer_, machine.clock, machine.random,
                          machine.logger, StoreRequestSettings());
  tier->store_ = std::make_unique<GcsStore>(std::move(settings), *tier->requests_, machine.clock,
                                            machine.random, machine.pool, machine.logger);
  if (machine.metrics != nullptr) {
    tier->request_metrics_.emplace(*machine.metrics, "gcs",
                                   [&requests = *tier->requests_] { return requests.counts(); });
  }
  return std::unique_ptr<BlobTier>(std::move(tier));
}

Task<Result<void>> GcsTier::connect() {
  if (config_.endpoint) co_return Result<void>();
  auto token = co_await tokens_->cache().wait_for_token(token_tries);
  if (!token.ok()) {
    co_return std::move(token).error().wrap("no access to Cloud Storage with " +
                                            tokens_->cache().describe());
  }
  co_return co_await look_into(*store_, machine_.logger);
}

Task<void> GcsTier::give_up() {
  co_await http_.close();
  if (tokens_) co_await tokens_->close();
}

Task<void> GcsTier::close() {
  // Ends the chunks that dropped writers were sending.
  co_await http_.close();
  co_await store_->close();
  if (tokens_) co_await tokens_->close();
}

}  // namespace objectstore
