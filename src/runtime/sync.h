// Waiting for each other without blocking a thread. All of it may be used from several threads.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

#include "runtime/callback.h"

namespace objectstore {

struct Done {};

// A one-shot flag that coroutines wait for.
class Event {
 public:
  // Wakes everybody who waits, and whoever comes later does not wait. Idempotent.
  void set();
  [[nodiscard]] bool is_set() const;
  [[nodiscard]] Task<void> wait();

 private:
  mutable std::mutex mutex_;
  bool set_ = false;
  std::vector<Completer<Done>> waiters_;
};

// A number of places, given out first come, first served.
class Semaphore {
 public:
  explicit Semaphore(std::size_t places) : free_(places) {}

  // Gives its place back when it goes.
  class Permit {
   public:
    Permit() = default;
    explicit Permit(Semaphore* semaphore) : semaphore_(semaphore) {}
    Permit(Permit&& other) noexcept : semaphore_(std::exchange(other.semaphore_, nullptr)) {}
    Permit& operator=(Permit&& other) noexcept {
      release();
      semaphore_ = std::exchange(other.semaphore_, nullptr);
      return *this;
    }
    ~Permit() { release(); }
    explicit operator bool() const { return semaphore_ != nullptr; }
    void release() {
      if (auto* semaphore = std::exchange(semaphore_, nullptr)) semaphore->give_back();
    }

   private:
    Semaphore* semaphore_ = nullptr;
  };

  [[nodiscard]] Task<Permit> acquire();
  // Empty where no place is free at once.
  [[nodiscard]] Permit try_acquire();

 private:
  friend class Permit;
  void give_back();

  std::mutex mutex_;
  std::size_t free_;
  std::deque<Completer<Done>> waiters_;
};

}  // namespace objectstore
