#include "storage/metered_row_store.h"

namespace objectstore {

void MeteredRowStore::count_written(const RowState& state) {
  if (const auto* value = std::get_if<InlineRow>(&state)) tier_.written(value->payload.size());
}

Task<Result<Row>> MeteredRowStore::read(std::string_view key, RowPart part) {
  const auto begun = tier_.now();
  auto row = co_await inner_.read(key, part);
  auto& operation = part == RowPart::everything ? read_ : read_metadata_;
  operation.ended(tier_outcome(row), begun);
  if (row.ok()) {
    if (const auto* value = std::get_if<InlineRow>(&row->state)) tier_.read(value->payload.size());
  }
  co_return row;
}

Task<Mutation> MeteredRowStore::write_unless_redirect(std::string_view key, const RowState& state,
                                                      const Stamp& stamp) {
  const auto begun = tier_.now();
  auto written = co_await inner_.write_unless_redirect(key, state, stamp);
  write_.ended(tier_outcome(written), begun);
  if (written.is_applied()) count_written(state);
  co_return written;
}

Task<Mutation> MeteredRowStore::open_intent(std::string_view key, const AttemptId& attempt,
                                            const IntentCondition& condition) {
  const auto begun = tier_.now();
  auto opened = co_await inner_.open_intent(key, attempt, condition);
  open_intent_.ended(tier_outcome(opened), begun);
  co_return opened;
}

Task<Mutation> MeteredRowStore::commit(std::string_view key, const AttemptId& attempt,
                                       const RowState& state, const Stamp& stamp) {
  const auto begun = tier_.now();
  auto committed = co_await inner_.commit(key, attempt, state, stamp);
  commit_.ended(tier_outcome(committed), begun);
  if (committed.is_applied()) count_written(state);
  co_return committed;
}

Task<Result<FenceFound>> MeteredRowStore::fence(std::string_view key, const AttemptId& attempt) {
  const auto begun = tier_.now();
  auto found = co_await inner_.fence(key, attempt);
  fence_.ended(tier_outcome(found), begun);
  co_return found;
}

Task<Mutation> MeteredRowStore::bump(std::string_view key, const Row& as_read, WallTime deadline) {
  const auto begun = tier_.now();
  auto bumped = co_await inner_.bump(key, as_read, deadline);
  bump_.ended(tier_outcome(bumped), begun);
  co_return bumped;
}

}  // namespace objectstore
