// Access tokens of the machine's Google identity.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/storage.h"
#include "net/curl_http_client.h"
#include "net/token_cache.h"

namespace objectstore {

// Lives on the first of the machine's executors. close() before destruction.
class GoogleTokens {
 public:
  // Reads the credentials' file, if there is one; asks no server yet. Errors name file and member.
  [[nodiscard]] static Result<std::unique_ptr<GoogleTokens>> open(const Machine& machine,
                                                                  std::string scope);
  explicit GoogleTokens(const Machine& machine);

  [[nodiscard]] TokenCache& cache() { return *cache_; }
  [[nodiscard]] Task<void> close();

 private:
  CurlHttpClient http_;
  std::optional<TokenCache> cache_;
};

}  // namespace objectstore
