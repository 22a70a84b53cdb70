// A valid access token at hand, refreshed before it is missed.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "net/call_credentials.h"
#include "net/token_fetcher.h"
#include "runtime/backoff.h"
#include "runtime/callback.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/random.h"
#include "runtime/sync.h"
#include "runtime/task_scope.h"

namespace objectstore {

// Any thread may call. The first call that needs a token starts the refreshing, which goes on until
// close(): a new token is fetched when five minutes of the old one are left, or a quarter of its
// life, whichever is less. A refresh that fails is tried again, from a second later on ever more
// seldom, a minute apart at most; callers learn of it only once the old token has expired.
class TokenCache final : public CallCredentials {
 public:
  // `executor` is the one that `fetcher` works on. Clock, random and logger outlive the cache.
  TokenCache(boost::asio::any_io_executor executor, std::unique_ptr<TokenFetcher> fetcher,
             Clock& clock, Random& random, Logger& logger);
  // close() has completed, or the executor is gone.
  ~TokenCache() override;
  TokenCache(const TokenCache&) = delete;
  TokenCache& operator=(const TokenCache&) = delete;

  // Null where less than ten seconds are left, too.
  [[nodiscard]] std::shared_ptr<const std::string> cached() override;

  // Waits, for one refresh at most and the same one as everybody else, only where less than ten
  // seconds are left. Errors: those of the fetcher, at once between two tries; cancelled.
  [[nodiscard]] Task<Result<std::string>> authorization() override;
  // The same without "Bearer ".
  [[nodiscard]] Task<Result<std::string>> token();

  // For the start of a program: the first token, or the error of the last of `tries` refreshes.
  [[nodiscard]] Task<Result<void>> wait_for_token(int tries);

  // Ends the refreshing and waits for a request under way, which is bounded in time.
  [[nodiscard]] Task<void> close();

  // Whose tokens these are; no secret.
  [[nodiscard]] std::string describe() const { return fetcher_->describe(); }

 private:
  [[nodiscard]] Task<void> keep_fresh();
  void begin_try();
  // When to try again.
  [[nodiscard]] MonotonicTime end_try(Result<AccessToken> fetched);
  void wake_waiters();
  [[nodiscard]] Task<void> wait_for_try(std::uint64_t seen);

  // With the lock held.
  [[nodiscard]] Duration left() const;
  [[nodiscard]] std::optional<Result<std::string>> decide(bool waited) const;

  boost::asio::any_io_executor executor_;
  std::unique_ptr<TokenFetcher> fetcher_;
  Clock& clock_;
  Logger& logger_;
  Backoff backoff_;  // of keep_fresh()

  mutable std::mutex mutex_;
  std::shared_ptr<const std::string> authorization_;
  MonotonicTime expires_at_;
  std::optional<Error> failure_;  // of the last try
  bool started_ = false;
  bool trying_ = false;
  bool closed_ = false;
  MonotonicTime tried_at_;
  std::uint64_t tries_ended_ = 0;
  std::vector<Completer<Done>> waiters_;

  TaskScope scope_;
};

}  // namespace objectstore
