#include "runtime/sync.h"

namespace objectstore {

void Event::set() {
  std::vector<Completer<Done>> waiters;
  {
    const std::lock_guard lock(mutex_);
    set_ = true;
    waiters.swap(waiters_);
  }
  for (auto& waiter : waiters)
    waiter.complete(Done{});
}

bool Event::is_set() const {
  const std::lock_guard lock(mutex_);
  return set_;
}

Task<void> Event::wait() {
  if (is_set()) co_return;
  auto enqueue = [this](Completer<Done> completer) {
    {
      const std::lock_guard lock(mutex_);
      if (!set_) {
        waiters_.push_back(std::move(completer));
        return;
      }
    }
    completer.complete(Done{});
  };
  co_await await_callback<Done>(enqueue);
}

Semaphore::Permit Semaphore::try_acquire() {
  const std::lock_guard lock(mutex_);
  if (free_ == 0) return Permit();
  --free_;
  return Permit(this);
}

Task<Semaphore::Permit> Semaphore::acquire() {
  auto permit = try_acquire();
  if (permit) co_return std::move(permit);
  auto enqueue = [this](Completer<Done> completer) {
    {
      const std::lock_guard lock(mutex_);
      if (free_ == 0) {
        waiters_.push_back(std::move(completer));
        return;
      }
      --free_;
    }
    completer.complete(Done{});
  };
  co_await await_callback<Done>(enqueue);
  co_return Permit(this);
}

void Semaphore::give_back() {
  Completer<Done> next;
  {
    const std::lock_guard lock(mutex_);
    if (waiters_.empty()) {
      ++free_;
      return;
    }
    next = std::move(waiters_.front());
    waiters_.pop_front();
  }
  next.complete(Done{});  // the place goes from hand to hand
}

}  // namespace objectstore
