// How many operations of the store run at once (contract semantics.md section 4).
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/metrics.h"
#include "service/settings.h"

namespace objectstore {

enum class OperationClass : std::uint8_t {
  single,
  bulk,  // of a batch: takes a place of the bulk share besides a slot
};

class ConcurrencyLimit;

// A slot, given back when it goes.
class ConcurrencyPermit {
 public:
  ConcurrencyPermit() = default;
  ConcurrencyPermit(ConcurrencyPermit&& other) noexcept;
  ConcurrencyPermit& operator=(ConcurrencyPermit&& other) noexcept;
  ~ConcurrencyPermit();
  explicit operator bool() const { return owner_ != nullptr; }
  [[nodiscard]] OperationClass operation_class() const { return class_; }
  void release();

 private:
  friend class ConcurrencyLimit;
  ConcurrencyPermit(ConcurrencyLimit& owner, OperationClass operation_class)
      : owner_(&owner), class_(operation_class) {}
  ConcurrencyLimit* owner_ = nullptr;
  OperationClass class_ = OperationClass::single;
};

// Any thread may call. Outlives its permits; what is passed by reference outlives it.
class ConcurrencyLimit {
 public:
  ConcurrencyLimit(const ServiceConfig& settings, Clock& clock, Metrics& metrics, Logger& logger);
  ~ConcurrencyLimit();

  // An empty permit where none is free at once, or others wait already. Never waits.
  [[nodiscard]] ConcurrencyPermit try_acquire(OperationClass operation_class);
  // Waits for a place, first come, first served, up to service.concurrency_timeout. A single
  // operation waits only where the queue has room, a bulk one always. Error: at_capacity,
  // "concurrency limit reached", counted and logged.
  [[nodiscard]] Task<Result<ConcurrencyPermit>> acquire(OperationClass operation_class);

  [[nodiscard]] std::uint64_t in_use() const;
  [[nodiscard]] std::uint64_t limit() const;
  // How many bulk operations may run: ceil(max * min(pct, 100) / 100), at least 1.
  [[nodiscard]] std::uint64_t bulk_limit() const;

 private:
  friend class ConcurrencyPermit;
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace objectstore
