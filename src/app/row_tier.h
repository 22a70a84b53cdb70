// A store of rows that this process has open, with what runs beside it. One for each place that
// rows can lie in; a change log may share it, or lie in another.
#pragma once

#include <memory>

#include "base/result.h"
#include "changelog/change_log.h"
#include "runtime/task.h"
#include "storage/listing.h"
#include "storage/row_store.h"

namespace objectstore {

class RowTier {
 public:
  virtual ~RowTier() = default;

  // Awaited once, before anything else is used. An error says what to do.
  [[nodiscard]] virtual Task<Result<void>> connect() = 0;

  // What metrics call it: "rocksdb", "bigtable".
  [[nodiscard]] virtual const char* type() const = 0;
  [[nodiscard]] virtual RowStore& rows() = 0;
  [[nodiscard]] virtual RowLister& lister() = 0;
  [[nodiscard]] virtual RowSweeper& sweeper() = 0;
  // A change log in this store, which outlives it. Called once.
  [[nodiscard]] virtual std::unique_ptr<ChangeLog> make_change_log() = 0;

  // False while the store can't write; reads go on. Any thread may call.
  [[nodiscard]] virtual bool writable() const = 0;
  // What has to go on while the store is open; ends when its scope is stopped.
  [[nodiscard]] virtual Task<void> run() = 0;
  // Lets RowSweeper::reclaim() that is under way give up.
  virtual void cancel_reclaim() = 0;
  // Ends what waits for the store and what comes: the process can't wait for it any longer.
  [[nodiscard]] virtual Task<void> give_up() = 0;
  // After everything that uses the store has ended.
  [[nodiscard]] virtual Task<void> close() = 0;
};

}  // namespace objectstore
