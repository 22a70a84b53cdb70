#include "service/slot_queue.h"

namespace objectstore {

bool SlotQueue::take_if_free(OperationClass operation_class) {
  const bool bulk = operation_class == OperationClass::bulk;
  if (used_.slots >= limits_.slots) return false;
  if (bulk && used_.bulk_places >= limits_.bulk_places) return false;
  // Nobody waits for what is free: it would have been given on.
  ++used_.slots;
  if (bulk) ++used_.bulk_places;
  return true;
}

bool SlotQueue::try_take(OperationClass operation_class) {
  const std::lock_guard lock(mutex_);
  return take_if_free(operation_class);
}

bool SlotQueue::enter(Waiter& waiter) {
  const std::lock_guard lock(mutex_);
  waiter.served_ = take_if_free(waiter.class_);
  if (waiter.served_ || limits_.slots == 0) return false;
  const bool bulk = waiter.class_ == OperationClass::bulk;
  if (!bulk && used_.waiting_singles >= limits_.waiting_singles) return false;

  waiter.arrival_ = arrivals_++;
  if (!bulk) {
    ++used_.waiting_singles;
  } else if (used_.bulk_places >= limits_.bulk_places) {
    for_place_.emplace(waiter.arrival_, &waiter);
    return true;
  } else {
    ++used_.bulk_places;
  }
  for_slot_.emplace(waiter.arrival_, &waiter);
  return true;
}

void SlotQueue::leave(Waiter& waiter) {
  Waiter* next = nullptr;
  {
    const std::lock_guard lock(mutex_);
    const bool waited_for_slot = for_slot_.erase(waiter.arrival_) != 0;
    if (!waited_for_slot && for_place_.erase(waiter.arrival_) == 0) return;
    if (waiter.class_ == OperationClass::single) {
      --used_.waiting_singles;
    } else if (waited_for_slot) {
      --used_.bulk_places;
    }
    next = serve_next();
  }
  waiter.decided_.set();
  if (next != nullptr) next->decided_.set();
}

void SlotQueue::give_back(OperationClass operation_class) {
  Waiter* next = nullptr;
  {
    const std::lock_guard lock(mutex_);
    --used_.slots;
    if (operation_class == OperationClass::bulk) --used_.bulk_places;
    next = serve_next();
  }
  if (next != nullptr) next->decided_.set();
}

SlotQueue::Waiter* SlotQueue::serve_next() {
  while (!for_place_.empty() && used_.bulk_places < limits_.bulk_places) {
    ++used_.bulk_places;
    // By its arrival, which may be before that of some who wait there already.
    for_slot_.insert(for_place_.extract(for_place_.begin()));
  }
  if (for_slot_.empty() || used_.slots >= limits_.slots) return nullptr;
  auto* const next = for_slot_.begin()->second;
  for_slot_.erase(for_slot_.begin());
  ++used_.slots;
  if (next->class_ == OperationClass::single) --used_.waiting_singles;
  next->served_ = true;
  return next;
}

SlotQueue::Sizes SlotQueue::used() const {
  const std::lock_guard lock(mutex_);
  return used_;
}

}  // namespace objectstore
