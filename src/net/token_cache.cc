#include "net/token_cache.h"

#include <algorithm>
#include <utility>

namespace objectstore {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view scheme = "Bearer ";
// A token with less left may expire while the call that carries it is under way.
constexpr Duration enough = 10s;
constexpr Duration longest_ahead = 5min;
constexpr Duration least_between_tries = 1s;
// Delays are from half of the step to all of it.
constexpr BackoffSettings retries{2s, 60s, 20};

}  // namespace

TokenCache::TokenCache(boost::asio::any_io_executor executor, std::unique_ptr<TokenFetcher> fetcher,
                       Clock& clock, Random& random, Logger& logger)
    : executor_(std::move(executor)),
      fetcher_(std::move(fetcher)),
      clock_(clock),
      logger_(logger),
      backoff_(retries, random) {}

TokenCache::~TokenCache() = default;

Duration TokenCache::left() const {
  return authorization_ ? expires_at_ - clock_.monotonic_now() : Duration();
}

std::shared_ptr<const std::string> TokenCache::cached() {
  const std::lock_guard lock(mutex_);
  return left() >= enough ? authorization_ : nullptr;
}

// nullopt: it takes a refresh that is under way or about to be.
std::optional<Result<std::string>> TokenCache::decide(bool waited) const {
  if (left() >= enough) return *authorization_;
  if (started_ && (waited || (!trying_ && failure_))) {
    if (left() > Duration()) return *authorization_;
    if (failure_) return *failure_;
  }
  if (closed_) return Error(ErrorCode::cancelled, "the credentials are closed");
  if (waited) return Error(ErrorCode::unavailable, "the access token expires at once");
  return std::nullopt;
}

Task<Result<std::string>> TokenCache::authorization() {
  std::uint64_t seen = 0;
  bool starts = false;
  {
    const std::lock_guard lock(mutex_);
    if (auto decided = decide(/*waited=*/false)) co_return std::move(*decided);
    starts = !std::exchange(started_, true);
    seen = tries_ended_;
  }
  if (starts) scope_.spawn(executor_, keep_fresh());
  co_await wait_for_try(seen);
  const std::lock_guard lock(mutex_);
  co_return *decide(/*waited=*/true);
}

Task<Result<std::string>> TokenCache::token() {
  CO_TRY_ASSIGN(const auto header, co_await authorization());
  co_return header.substr(scheme.size());
}

Task<Result<void>> TokenCache::wait_for_token(int tries) {
  for (;;) {
    auto header = co_await authorization();
    if (header.ok()) co_return Result<void>();
    if (--tries <= 0) co_return std::move(header).error();
    std::uint64_t seen = 0;
    {
      const std::lock_guard lock(mutex_);
      seen = tries_ended_;
    }
    co_await wait_for_try(seen);
  }
}

Task<void> TokenCache::wait_for_try(std::uint64_t seen) {
  auto enqueue = [this, seen](Completer<Done> waiter) {
    {
      const std::lock_guard lock(mutex_);
      if (tries_ended_ == seen && !closed_) {
        waiters_.push_back(std::move(waiter));
        return;
      }
    }
    waiter.complete(Done{});
  };
  co_await await_callback<Done>(std::move(enqueue));
}

void TokenCache::wake_waiters() {
  std::vector<Completer<Done>> waiters;
  {
    const std::lock_guard lock(mutex_);
    waiters.swap(waiters_);
  }
  for (auto& waiter : waiters)
    waiter.complete(Done{});
}

Task<void> TokenCache::keep_fresh() {
  for (;;) {
    const bool stopping = co_await stop_requested();
    if (stopping) co_return;
    begin_try();
    auto fetched = co_await fetcher_->fetch();
    const auto next = end_try(std::move(fetched));
    wake_waiters();
    co_await clock_.sleep_until(next);
  }
}

void TokenCache::begin_try() {
  const std::lock_guard lock(mutex_);
  trying_ = true;
  tried_at_ = clock_.monotonic_now();
}

MonotonicTime TokenCache::end_try(Result<AccessToken> fetched) {
  const auto now = clock_.monotonic_now();
  const std::lock_guard lock(mutex_);
  trying_ = false;
  ++tries_ended_;
  if (!fetched.ok()) {
    failure_ = fetched.error();
    const auto valid_s = std::chrono::duration_cast<std::chrono::seconds>(left()).count();
    logger_.warn("could not refresh an access token",
                 {{"credentials", fetcher_->describe()},
                  {"error", failure_->describe()},
                  {"old_token_valid_s", std::to_string(std::max<std::int64_t>(0, valid_s))}});
    return now + backoff_.next();
  }
  failure_.reset();
  backoff_.reset();
  const auto lifetime = fetched->lifetime;
  authorization_ = std::make_shared<const std::string>(std::string(scheme) + fetched->value);
  expires_at_ = tried_at_ + lifetime;  // the server may have counted from its first moment on
  return std::max(expires_at_ - std::min(longest_ahead, lifetime / 4), now + least_between_tries);
}

Task<void> TokenCache::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  scope_.request_stop();
  wake_waiters();
  co_await scope_.join();
}

}  // namespace objectstore
