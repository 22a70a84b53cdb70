#include "net/fresh_value.h"

#include <algorithm>
#include <utility>

#include "net/aws_credentials.h"

namespace objectstore {

namespace {

using namespace std::chrono_literals;

// A value with less left may expire while the request that carries it is under way.
constexpr Duration enough = 10s;
constexpr Duration longest_ahead = 5min;
constexpr Duration least_between_tries = 1s;
// Requests that carried the old value may still be refused for so long.
constexpr Duration just_fetched = 10s;
// Delays are from half of the step to all of it.
constexpr BackoffSettings retries{2s, 60s, 20};

}  // namespace

template <class T>
FreshValue<T>::FreshValue(boost::asio::any_io_executor executor,
                          std::unique_ptr<Fetcher<T>> fetcher, Clock& clock, Random& random,
                          Logger& logger)
    : executor_(std::move(executor)),
      fetcher_(std::move(fetcher)),
      clock_(clock),
      logger_(logger),
      backoff_(retries, random) {}

template <class T>
FreshValue<T>::~FreshValue() = default;

template <class T>
Duration FreshValue<T>::left() const {
  return value_ ? expires_at_ - clock_.monotonic_now() : Duration();
}

template <class T>
bool FreshValue<T>::is_good() const {
  return left() >= enough && !refused_;
}

template <class T>
std::shared_ptr<const T> FreshValue<T>::cached() {
  const std::lock_guard lock(mutex_);
  return is_good() ? value_ : nullptr;
}

// nullopt: it takes a refresh that is under way or about to be.
template <class T>
std::optional<Result<std::shared_ptr<const T>>> FreshValue<T>::decide(bool waited) const {
  using Decision = Result<std::shared_ptr<const T>>;
  if (is_good()) return Decision(value_);
  if (started_ && (waited || (!trying_ && failure_))) {
    if (left() > Duration()) return Decision(value_);
    if (failure_) return Decision(*failure_);
  }
  if (closed_) return Decision(Error(ErrorCode::cancelled, "the credentials are closed"));
  if (waited) return Decision(Error(ErrorCode::unavailable, "the credentials expire at once"));
  return std::nullopt;
}

template <class T>
Task<Result<std::shared_ptr<const T>>> FreshValue<T>::get() {
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

template <class T>
void FreshValue<T>::refresh() {
  {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.monotonic_now();
    const bool is_new = now - tried_at_ < just_fetched;
    if (closed_ || !value_ || trying_ || is_new) return;
    refused_ = true;
    failure_.reset();
    next_try_ = now;
    if (std::exchange(replacing_, true)) return;
  }
  scope_.spawn(executor_, replace());
}

template <class T>
Task<Result<void>> FreshValue<T>::wait_for_first(int tries) {
  for (;;) {
    auto value = co_await get();
    if (value.ok()) co_return Result<void>();
    if (--tries <= 0) co_return std::move(value).error();
    std::uint64_t seen = 0;
    {
      const std::lock_guard lock(mutex_);
      seen = tries_ended_;
    }
    co_await wait_for_try(seen);
  }
}

template <class T>
Task<void> FreshValue<T>::wait_for_try(std::uint64_t seen) {
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

template <class T>
void FreshValue<T>::wake_waiters() {
  std::vector<Completer<Done>> waiters;
  {
    const std::lock_guard lock(mutex_);
    waiters.swap(waiters_);
  }
  for (auto& waiter : waiters)
    waiter.complete(Done{});
}

template <class T>
Task<void> FreshValue<T>::keep_fresh() {
  for (;;) {
    const bool stopping = co_await stop_requested();
    if (stopping) co_return;
    co_await try_when_due();
  }
}

// keep_fresh() may sleep for long.
template <class T>
Task<void> FreshValue<T>::replace() {
  for (;;) {
    const bool stopping = co_await stop_requested();
    {
      const std::lock_guard lock(mutex_);
      if (!refused_ || stopping) replacing_ = false;
      if (!replacing_) co_return;
    }
    co_await try_when_due();
  }
}

template <class T>
Task<void> FreshValue<T>::try_when_due() {
  std::uint64_t seen = 0;
  MonotonicTime due;
  bool others_try = false;
  const auto now = clock_.monotonic_now();
  {
    const std::lock_guard lock(mutex_);
    seen = tries_ended_;
    due = next_try_;
    others_try = trying_;
    if (!others_try && now >= due) {
      trying_ = true;
      tried_at_ = now;
    }
  }
  if (others_try) {
    co_await wait_for_try(seen);
  } else if (now < due) {
    co_await clock_.sleep_until(due);
  } else {
    auto fetched = co_await fetcher_->fetch();
    end_try(std::move(fetched));
    wake_waiters();
  }
}

template <class T>
void FreshValue<T>::end_try(Result<Expiring<T>> fetched) {
  const auto now = clock_.monotonic_now();
  const std::lock_guard lock(mutex_);
  trying_ = false;
  ++tries_ended_;
  if (!fetched.ok()) {
    failure_ = fetched.error();
    const auto valid_s = std::chrono::duration_cast<std::chrono::seconds>(left()).count();
    logger_.warn("could not refresh credentials",
                 {{"credentials", fetcher_->describe()},
                  {"error", failure_->describe()},
                  {"old_ones_valid_s", std::to_string(std::max<std::int64_t>(0, valid_s))}});
    next_try_ = now + backoff_.next();
    return;
  }
  failure_.reset();
  refused_ = false;
  backoff_.reset();
  const auto lifetime = fetched->lifetime;
  value_ = std::make_shared<const T>(std::move(fetched->value));
  expires_at_ = tried_at_ + lifetime;  // the server may have counted from its first moment on
  next_try_ =
      std::max(expires_at_ - std::min(longest_ahead, lifetime / 4), now + least_between_tries);
}

template <class T>
Task<void> FreshValue<T>::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  scope_.request_stop();
  wake_waiters();
  co_await scope_.join();
}

template class FreshValue<std::string>;
template class FreshValue<AwsCredentials>;

}  // namespace objectstore
