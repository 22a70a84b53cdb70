// Removal of expired objects from stores that do not expire them by themselves.
#pragma once

#include <atomic>

#include "runtime/clock.h"
#include "runtime/log.h"
#include "storage/row_store.h"
#include "tiered/small_write.h"

namespace objectstore {

// Deletes an expired redirect and its blob, if the row is still as it was read.
class ExpiryDeleter {
 public:
  virtual ~ExpiryDeleter() = default;
  // False: the row had changed, nothing was done.
  [[nodiscard]] virtual Task<Result<bool>> remove_expired(ExpiredRedirect expired) = 0;
};

// By the change protocol.
class ProtectedExpiry final : public ExpiryDeleter {
 public:
  ProtectedExpiry(ProtectedWrite& protected_write, SmallWrite& small_write)
      : protected_write_(protected_write), small_write_(small_write) {}
  [[nodiscard]] Task<Result<bool>> remove_expired(ExpiredRedirect expired) override;

 private:
  ProtectedWrite& protected_write_;
  SmallWrite& small_write_;
};

struct SweepSettings {
  Duration interval = std::chrono::seconds(10);
  std::size_t batch = 256;  // rows a sweep
};

class ExpirySweep {
 public:
  // `deleter` is null where rows never redirect. Without `metrics` nothing is counted.
  ExpirySweep(RowSweeper& rows, ExpiryDeleter* deleter, Clock& clock, Logger& logger,
              SweepSettings settings, TieredMetrics metrics = {})
      : rows_(rows),
        deleter_(deleter),
        clock_(clock),
        logger_(logger),
        settings_(settings),
        metrics_(std::move(metrics)) {}

  // Endless, until its scope is stopped.
  [[nodiscard]] Task<void> run();
  // Removes everything that is expired now; the number of objects removed.
  [[nodiscard]] Task<Result<std::size_t>> pass();

 private:
  [[nodiscard]] Task<bool> remove(ExpiredRedirect expired);

  RowSweeper& rows_;
  ExpiryDeleter* deleter_;
  Clock& clock_;
  Logger& logger_;
  const SweepSettings settings_;
  const TieredMetrics metrics_;
};

}  // namespace objectstore
