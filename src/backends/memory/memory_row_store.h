// A row store in memory: the reference of the conformance suite, and the store of simulations.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "runtime/clock.h"
#include "storage/listing.h"
#include "storage/row_cells.h"
#include "storage/row_store.h"

namespace objectstore {

// Durable as long as the object lives.
class MemoryRowStore final : public RowStore, public RowSweeper, public RowLister {
 public:
  // `clock` is the store's own: it dates stamps for their collection, nothing else.
  explicit MemoryRowStore(Clock& clock) : clock_(clock) {}

  Task<Result<Row>> read(std::string_view key, RowPart part) override;
  Task<Mutation> write_unless_redirect(std::string_view key, const RowState& state,
                                       const Stamp& stamp) override;
  Task<Mutation> open_intent(std::string_view key, const AttemptId& attempt,
                             const IntentCondition& condition) override;
  Task<Mutation> commit(std::string_view key, const AttemptId& attempt, const RowState& state,
                        const Stamp& stamp) override;
  Task<Result<FenceFound>> fence(std::string_view key, const AttemptId& attempt) override;
  Task<Mutation> bump(std::string_view key, const Row& as_read, WallTime deadline) override;

  Task<Result<Sweep>> sweep(WallTime now, std::string from, std::size_t limit) override;
  Task<Result<void>> reclaim() override { co_return Result<void>(); }

  Task<Result<RowPage>> list_rows(std::string from, std::size_t limit) override;
  Task<Result<ListedRow>> inspect(std::string_view key) override;

  // All rows, for audits.
  [[nodiscard]] std::map<std::string, RowCells> snapshot() const;
  // One of them; empty where there is none.
  [[nodiscard]] RowCells cells(std::string_view key) const;
  // Changes a row in a way that no request does, for tests.
  void edit(std::string_view key, const std::function<void(RowCells&)>& change);

 private:
  template <class F>
  auto with_row(std::string_view key, F change);

  Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, RowCells, std::less<>> rows_;
};

}  // namespace objectstore
