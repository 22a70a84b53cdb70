// A valid access token at hand, refreshed before it is missed.
#pragma once

#include <memory>
#include <string>

#include "net/call_credentials.h"
#include "net/fresh_value.h"
#include "net/token_fetcher.h"

namespace objectstore {

// Any thread may call. As FreshValue is, for tokens as callers send them.
class TokenCache final : public CallCredentials {
 public:
  // `executor` is the one that `fetcher` works on. Clock, random and logger outlive the cache.
  TokenCache(boost::asio::any_io_executor executor, std::unique_ptr<TokenFetcher> fetcher,
             Clock& clock, Random& random, Logger& logger);

  [[nodiscard]] std::shared_ptr<const std::string> cached() override { return header_.cached(); }
  [[nodiscard]] Task<Result<std::string>> authorization() override;
  [[nodiscard]] bool refresh() override;
  // As authorization(), without "Bearer ".
  [[nodiscard]] Task<Result<std::string>> token();

  // For the start of a program: the first token, or the error of the last of `tries` refreshes.
  [[nodiscard]] Task<Result<void>> wait_for_token(int tries) {
    return header_.wait_for_first(tries);
  }

  // Before destruction, unless the executor is gone.
  [[nodiscard]] Task<void> close() { return header_.close(); }

  // Whose tokens these are; no secret.
  [[nodiscard]] std::string describe() const { return header_.describe(); }

 private:
  FreshValue<std::string> header_;  // "Bearer …"
};

}  // namespace objectstore
