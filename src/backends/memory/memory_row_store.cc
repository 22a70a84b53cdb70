#include "backends/memory/memory_row_store.h"

namespace objectstore {

namespace {

Mutation outcome(bool applied) {
  return applied ? Mutation::applied() : Mutation::refused();
}

// State and stamp as a reader sees them.
Row row_of(const RowCells& cells, RowPart part) {
  Row row{cells.state, cells.stamp};
  if (auto* value = std::get_if<InlineRow>(&row.state)) {
    value->metadata.size = value->payload.size();
    if (part == RowPart::metadata) value->payload = SharedBytes();
  }
  return row;
}

ListedRow listed_row(std::string key, const RowCells& cells) {
  ListedRow listed;
  listed.key = std::move(key);
  listed.row = row_of(cells, RowPart::metadata);
  listed.open_intents = open_attempts(cells);
  return listed;
}

}  // namespace

// Runs `change(row, now_ms)` on the row, which may be absent before and after.
template <class F>
auto MemoryRowStore::with_row(std::string_view key, F change) {
  const auto now = unix_ms(clock_.now());
  const std::lock_guard lock(mutex_);
  auto it = rows_.find(key);
  if (it == rows_.end()) it = rows_.emplace(std::string(key), RowCells{}).first;
  collect_cells(it->second, now);
  const auto result = change(it->second, now);
  if (it->second.empty()) rows_.erase(it);
  return result;
}

Task<Result<Row>> MemoryRowStore::read(std::string_view key, RowPart part) {
  co_return row_of(cells(key), part);
}

Task<Mutation> MemoryRowStore::write_unless_redirect(std::string_view key, const RowState& state,
                                                     const Stamp& stamp) {
  co_return outcome(with_row(key, [&](RowCells& row, std::uint64_t now) {
    return apply_write_unless_redirect(row, state, stamp, now);
  }));
}

Task<Mutation> MemoryRowStore::open_intent(std::string_view key, const AttemptId& attempt,
                                           const IntentCondition& condition) {
  co_return outcome(with_row(key, [&](RowCells& row, std::uint64_t) {
    return apply_open_intent(row, attempt, condition);
  }));
}

Task<Mutation> MemoryRowStore::commit(std::string_view key, const AttemptId& attempt,
                                      const RowState& state, const Stamp& stamp) {
  co_return outcome(with_row(key, [&](RowCells& row, std::uint64_t now) {
    return apply_commit(row, attempt, state, stamp, now);
  }));
}

Task<Result<FenceFound>> MemoryRowStore::fence(std::string_view key, const AttemptId& attempt) {
  co_return with_row(key, [&](RowCells& row, std::uint64_t) { return apply_fence(row, attempt); });
}

Task<Mutation> MemoryRowStore::bump(std::string_view key, const Row& as_read, WallTime deadline) {
  co_return outcome(with_row(key, [&](RowCells& row, std::uint64_t now) {
    return apply_bump(row, as_read, deadline, now);
  }));
}

Task<Result<RowSweeper::Sweep>> MemoryRowStore::sweep(WallTime now, std::string from,
                                                      std::size_t limit) {
  const std::lock_guard lock(mutex_);
  Sweep sweep;
  for (auto it = rows_.lower_bound(from); it != rows_.end(); ++it) {
    auto& [key, row] = *it;
    const auto deadline = deadline_of(row.state);
    if (!deadline || *deadline >= now) continue;
    if (sweep.collected + sweep.redirects.size() >= limit) {
      sweep.next = key;
      break;
    }
    if (std::holds_alternative<InlineRow>(row.state)) {
      row.state = AbsentRow{};
      ++sweep.collected;
    } else if (!is_being_written(row, unix_ms(now))) {
      sweep.redirects.push_back(ExpiredRedirect{key, Row{row.state, row.stamp}});
    }
  }
  co_return std::move(sweep);
}

Task<Result<RowPage>> MemoryRowStore::list_rows(std::string from, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  RowPage page;
  for (auto it = rows_.lower_bound(from); it != rows_.end(); ++it) {
    if (page.rows.size() >= limit) {
      page.next = it->first;
      break;
    }
    page.rows.push_back(listed_row(it->first, it->second));
  }
  co_return std::move(page);
}

Task<Result<ListedRow>> MemoryRowStore::inspect(std::string_view key) {
  co_return listed_row(std::string(key), cells(key));
}

RowCells MemoryRowStore::cells(std::string_view key) const {
  const std::lock_guard lock(mutex_);
  const auto it = rows_.find(key);
  return it == rows_.end() ? RowCells{} : it->second;
}

void MemoryRowStore::edit(std::string_view key, const std::function<void(RowCells&)>& change) {
  with_row(key, [&](RowCells& row, std::uint64_t) {
    change(row);
    return true;
  });
}

std::map<std::string, RowCells> MemoryRowStore::snapshot() const {
  const std::lock_guard lock(mutex_);
  return {rows_.begin(), rows_.end()};
}

}  // namespace objectstore
