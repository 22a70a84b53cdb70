// A value that expires (a token, the keys of a session), at hand and fetched anew before it is
// missed.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/backoff.h"
#include "runtime/callback.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/random.h"
#include "runtime/sync.h"
#include "runtime/task_scope.h"

namespace objectstore {

template <class T>
struct Expiring {
  T value;
  Duration lifetime;  // from the moment of its arrival; above zero
};

// Used on the executor of its HTTP client, one call at a time.
template <class T>
class Fetcher {
 public:
  virtual ~Fetcher() = default;

  // Asks for a new one, bounded in time. Errors: unavailable or deadline_exceeded (trying again may
  // help), others (the credentials are wrong). None holds a secret.
  [[nodiscard]] virtual Task<Result<Expiring<T>>> fetch() = 0;

  // Where it comes from, for people and logs: no secret.
  [[nodiscard]] virtual std::string describe() const = 0;
};

// Any thread may call. The first call that needs the value starts the refreshing, which goes on
// until close(): a new one is fetched when five minutes of the old one are left, or a quarter of
// its life, whichever is less. A refresh that fails is tried again, from a second later on ever
// more seldom, a minute apart at most; callers learn of it only once the old value has expired.
//
// Made for std::string and AwsCredentials: see the end of fresh_value.cc.
template <class T>
class FreshValue {
 public:
  // `executor` is the one that `fetcher` works on. Clock, random and logger outlive this.
  FreshValue(boost::asio::any_io_executor executor, std::unique_ptr<Fetcher<T>> fetcher,
             Clock& clock, Random& random, Logger& logger);
  // close() has completed, or the executor is gone.
  ~FreshValue();
  FreshValue(const FreshValue&) = delete;
  FreshValue& operator=(const FreshValue&) = delete;

  // Null where less than ten seconds are left, too.
  [[nodiscard]] std::shared_ptr<const T> cached();

  // Never null. Waits, for one refresh at most and the same one as everybody else, only where less
  // than ten seconds are left. Errors: those of the fetcher, at once between two tries; cancelled.
  [[nodiscard]] Task<Result<std::shared_ptr<const T>>> get();

  // The value was refused though it should be good: the next call waits for a new one, and gets the
  // old one only where none can be had. Does nothing to one that has just been fetched, which is
  // not the refused one.
  void refresh();

  // For the start of a program: the first value, or the error of the last of `tries` refreshes.
  [[nodiscard]] Task<Result<void>> wait_for_first(int tries);

  // Ends the refreshing and waits for a request under way, which is bounded in time.
  [[nodiscard]] Task<void> close();

  // Where the values come from; no secret.
  [[nodiscard]] std::string describe() const { return fetcher_->describe(); }

 private:
  [[nodiscard]] Task<void> keep_fresh();
  [[nodiscard]] Task<void> replace();
  [[nodiscard]] Task<void> try_when_due();
  void end_try(Result<Expiring<T>> fetched);
  void wake_waiters();
  [[nodiscard]] Task<void> wait_for_try(std::uint64_t seen);

  // With the lock held.
  [[nodiscard]] Duration left() const;
  [[nodiscard]] bool is_good() const;
  [[nodiscard]] std::optional<Result<std::shared_ptr<const T>>> decide(bool waited) const;

  boost::asio::any_io_executor executor_;
  std::unique_ptr<Fetcher<T>> fetcher_;
  Clock& clock_;
  Logger& logger_;
  Backoff backoff_;  // of whoever tries

  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
  MonotonicTime expires_at_;
  bool refused_ = false;          // value_ is to be replaced
  bool replacing_ = false;        // replace() runs
  std::optional<Error> failure_;  // of the last try
  bool started_ = false;
  bool trying_ = false;
  bool closed_ = false;
  MonotonicTime tried_at_;
  MonotonicTime next_try_;
  std::uint64_t tries_ended_ = 0;
  std::vector<Completer<Done>> waiters_;

  TaskScope scope_;
};

}  // namespace objectstore
