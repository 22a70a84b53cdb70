#include "backends/bigtable/row_merger.h"

#include <algorithm>
#include <utility>

namespace objectstore::bigtable {
namespace {

// Memory is taken on the word of the server up to this; beyond, as the bytes come.
constexpr std::size_t longest_reservation = 4 << 20;

// What names a cell.
bool has_name(const wire::ReadRowsResponse::CellChunk& chunk) {
  return !chunk.row_key().empty() || chunk.has_family_name() || chunk.has_qualifier() ||
         chunk.timestamp_micros() != 0 || chunk.labels_size() > 0;
}

}  // namespace

Error RowMerger::violation(std::string_view what) const {
  std::string text("Bigtable sent a response to ReadRows that can't be understood: ");
  return {ErrorCode::corrupt, text.append(what)};
}

Result<void> RowMerger::feed(wire::ReadRowsResponse& response, std::vector<TableRow>& rows) {
  for (auto& chunk : *response.mutable_chunks())
    TRY(take(chunk, rows));
  if (!response.last_scanned_row_key().empty()) TRY(scanned(response.last_scanned_row_key()));
  return {};
}

Result<void> RowMerger::finish() const {
  if (in_row_) return violation("it ends within a row");
  return {};
}

Result<void> RowMerger::take(Chunk& chunk, std::vector<TableRow>& rows) {
  if (chunk.reset_row()) return reset(chunk);
  TRY(check(chunk));
  if (value_size_ == 0) TRY(begin_cell(chunk));
  TRY(append_value(chunk));
  if (!chunk.commit_row()) return {};
  last_key_ = row_.key;
  rows.push_back(std::move(row_));
  drop_row();
  return {};
}

Result<void> RowMerger::reset(const Chunk& chunk) {
  if (!in_row_) return violation("a reset outside of a row");
  if (has_name(chunk) || !chunk.value().empty() || chunk.value_size() != 0) {
    return violation("a reset that holds a part of a cell");
  }
  drop_row();
  return {};
}

Result<void> RowMerger::check(const Chunk& chunk) const {
  if (chunk.value_size() < 0) return violation("a value of negative size");
  if (chunk.commit_row() && chunk.value_size() > 0) return violation("a commit within a value");
  if (!in_row_) {
    if (chunk.row_key().empty()) return violation("a row without a key");
    if (!chunk.has_family_name()) return violation("a row without a family");
    if (!chunk.has_qualifier()) return violation("a row without a qualifier");
    if (chunk.row_key() <= last_key_) return violation("rows out of order");
    return {};
  }
  if (value_size_ > 0) {
    if (has_name(chunk)) return violation("a cell begins within a value");
    return {};
  }
  if (!chunk.row_key().empty() && chunk.row_key() != row_.key) {
    return violation("a row begins within another");
  }
  if (chunk.has_family_name() && !chunk.has_qualifier()) {
    return violation("a family without a qualifier");
  }
  return {};
}

Result<void> RowMerger::begin_cell(Chunk& chunk) {
  if (!in_row_) {
    in_row_ = true;
    row_.key = std::move(*chunk.mutable_row_key());
  }
  Cell cell;
  if (chunk.has_family_name()) {
    cell.family = std::move(*chunk.mutable_family_name()->mutable_value());
  } else {
    cell.family = row_.cells.back().family;
  }
  if (chunk.has_qualifier()) {
    cell.qualifier = std::move(*chunk.mutable_qualifier()->mutable_value());
  } else {
    cell.qualifier = row_.cells.back().qualifier;
  }
  cell.time_us = chunk.timestamp_micros();
  std::size_t bytes = sizeof(Cell) + cell.family.size() + cell.qualifier.size();
  for (auto& label : *chunk.mutable_labels()) {
    bytes += sizeof label + label.size();
    cell.labels.push_back(std::move(label));
  }
  TRY(reserve(bytes));
  row_.cells.push_back(std::move(cell));
  return {};
}

Result<void> RowMerger::append_value(Chunk& chunk) {
  const auto announced = static_cast<std::size_t>(chunk.value_size());
  auto& value = row_.cells.back().value;
  if (value_size_ == 0) {
    TRY(reserve(announced > 0 ? announced : chunk.value().size()));
    if (announced == 0) {
      value = std::move(*chunk.mutable_value());
      return {};
    }
    value_size_ = announced;
    value.reserve(std::min(announced, longest_reservation));
  } else if (announced > 0 && announced != value_size_) {
    return violation("a value whose size changes");
  }
  if (chunk.value().size() > value_size_ - value.size()) return violation("a value above its size");
  value += chunk.value();
  if (announced > 0) return {};
  if (value.size() != value_size_) return violation("a value below its size");
  value_size_ = 0;
  return {};
}

// Counts what the row takes; refuses what goes beyond the limit.
Result<void> RowMerger::reserve(std::size_t bytes) {
  if (bytes > row_bytes_limit_ - row_bytes_) {
    return Error(ErrorCode::corrupt, "a row in Bigtable takes more than " +
                                         std::to_string(row_bytes_limit_) + " bytes");
  }
  row_bytes_ += bytes;
  return {};
}

Result<void> RowMerger::scanned(const std::string& key) {
  if (in_row_) return violation("a scan position within a row");
  if (key < last_key_) return violation("a scan position that goes back");
  last_key_ = key;
  return {};
}

void RowMerger::drop_row() {
  in_row_ = false;
  row_ = TableRow();
  row_bytes_ = 0;
  value_size_ = 0;
}

}  // namespace objectstore::bigtable
