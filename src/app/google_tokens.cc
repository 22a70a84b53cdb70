#include "app/google_tokens.h"

#include "app/outgoing_http.h"
#include "net/google_credentials.h"

namespace objectstore {

GoogleTokens::GoogleTokens(const Machine& machine)
    : http_(machine.executors.front(), machine.clock, machine.clock,
            outgoing_http(machine.network, "https://", std::nullopt)) {}

Result<std::unique_ptr<GoogleTokens>> GoogleTokens::open(const Machine& machine,
                                                         std::string scope) {
  GoogleCredentialsSettings settings;
  settings.named_file = machine.google.credentials_file.value_or("");
  settings.well_known_file = machine.google.gcloud_file.value_or("");
  if (machine.google.metadata_host) {
    settings.metadata_server = "http://" + *machine.google.metadata_host;
  }
  settings.scope = std::move(scope);
  auto tokens = std::make_unique<GoogleTokens>(machine);
  TRY_ASSIGN(auto fetcher, load_google_credentials(
                               settings, TokenParts{tokens->http_, machine.clock, machine.pool}));
  tokens->cache_.emplace(machine.executors.front(), std::move(fetcher), machine.clock,
                         machine.random, machine.logger);
  return tokens;
}

Task<void> GoogleTokens::close() {
  // First its requests, which closing the cache waits for.
  http_.close();
  co_await cache_->close();
}

}  // namespace objectstore
