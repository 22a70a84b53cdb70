#include "storage/metered_row_store.h"

namespace objectstore {

void MeteredRowStore::count_written(const RowState& state) {
  if (const auto* value = std::get_if<InlineRow>(&state)) bytes_.written(value->payload.size());
}

Task<Result<Row>> MeteredRowStore::read(std::string_view key, RowPart part) {
  auto& operation = part == RowPart::everything ? read_ : read_metadata_;
  auto row = co_await operation.timed(inner_.read(key, part));
  if (row.ok()) {
    if (const auto* value = std::get_if<InlineRow>(&row->state)) bytes_.read(value->payload.size());
  }
  co_return row;
}

Task<Mutation> MeteredRowStore::write_unless_redirect(std::string_view key, const RowState& state,
                                                      const Stamp& stamp) {
  auto written = co_await write_.timed(inner_.write_unless_redirect(key, state, stamp));
  if (written.is_applied()) count_written(state);
  co_return written;
}

Task<Mutation> MeteredRowStore::open_intent(std::string_view key, const AttemptId& attempt,
                                            const IntentCondition& condition) {
  return open_intent_.timed(inner_.open_intent(key, attempt, condition));
}

Task<Mutation> MeteredRowStore::commit(std::string_view key, const AttemptId& attempt,
                                       const RowState& state, const Stamp& stamp) {
  auto committed = co_await commit_.timed(inner_.commit(key, attempt, state, stamp));
  if (committed.is_applied()) count_written(state);
  co_return committed;
}

Task<Result<FenceFound>> MeteredRowStore::fence(std::string_view key, const AttemptId& attempt) {
  return fence_.timed(inner_.fence(key, attempt));
}

Task<Mutation> MeteredRowStore::bump(std::string_view key, const Row& as_read, WallTime deadline) {
  return bump_.timed(inner_.bump(key, as_read, deadline));
}

}  // namespace objectstore
