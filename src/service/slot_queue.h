// Who may run and who waits: what ConcurrencyLimit counts by, without time.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>

#include "runtime/sync.h"
#include "service/concurrency.h"

namespace objectstore {

// Any thread may call. A single operation takes a slot; a bulk one a bulk place first, then a slot.
// Whoever waits for a slot is served in the order of arrival; whoever waits for a bulk place keeps
// nobody from the slots.
class SlotQueue {
 public:
  struct Sizes {
    std::uint64_t slots = 0;
    std::uint64_t bulk_places = 0;
    std::uint64_t waiting_singles = 0;
  };
  explicit SlotQueue(Sizes limits) : limits_(limits) {}

  // Stays where it is until it is decided, where enter() said that it waits.
  class Waiter {
   public:
    explicit Waiter(OperationClass operation_class) : class_(operation_class) {}
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    [[nodiscard]] Task<void> decided() { return decided_.wait(); }
    // Once it is decided: whether it has its slot.
    [[nodiscard]] bool served() const { return served_; }

   private:
    friend class SlotQueue;
    const OperationClass class_;
    std::uint64_t arrival_ = 0;
    bool served_ = false;
    Event decided_;
  };

  // False where there is nothing free, or nothing that others don't wait for.
  [[nodiscard]] bool try_take(OperationClass operation_class);
  // Whether it waits now; else it is decided.
  [[nodiscard]] bool enter(Waiter& waiter);
  // Decides that it is not served, unless it was before.
  void leave(Waiter& waiter);
  // What one that was served has taken.
  void give_back(OperationClass operation_class);

  [[nodiscard]] const Sizes& limits() const { return limits_; }
  // What is taken, and how many single operations wait.
  [[nodiscard]] Sizes used() const;

 private:
  using Line = std::map<std::uint64_t, Waiter*>;  // by arrival

  // With the lock held:
  bool take_if_free(OperationClass operation_class);
  // Gives on what has become free. Slots become free one at a time: at most one is served, and is
  // to be woken without the lock.
  Waiter* serve_next();

  const Sizes limits_;
  mutable std::mutex mutex_;
  Sizes used_;
  std::uint64_t arrivals_ = 0;
  Line for_place_;
  Line for_slot_;  // its bulk operations have their places
};

}  // namespace objectstore
