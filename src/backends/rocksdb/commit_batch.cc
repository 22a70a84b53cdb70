#include "backends/rocksdb/commit_queue.h"

namespace objectstore {

namespace {

// Requests reach this store by a queue of its own process: none arrives later, or twice. Without
// this, a row that is never committed would grow with every upload that is broken off.
constexpr std::uint64_t fence_lifetime_ms = std::uint64_t{10} * 60 * 1000;

}  // namespace

Result<StoredRow*> CommitBatch::row(const std::string& key) {
  if (const auto it = rows_.find(key); it != rows_.end()) return &it->second.row;
  rocksdb::PinnableSlice value;
  const auto status = database_.db().Get(rocksdb::ReadOptions(), database_.column(Column::rows),
                                         to_slice(key), &value);
  LoadedRow loaded;
  if (status.ok()) {
    TRY_ASSIGN(loaded.row, decode_row(key, to_view(value)));
    loaded.indexed_deadline = deadline_of(loaded.row.cells.state);
    loaded.has_payload = std::holds_alternative<InlineRow>(loaded.row.cells.state);
    loaded.stored_payload = loaded.row.payload_size;
    collect_cells(loaded.row.cells, now_ms_, fence_lifetime_ms);
  } else if (!status.IsNotFound()) {
    return to_error(status, "row " + key + " can't be read");
  }
  return &rows_.emplace(key, std::move(loaded)).first->second.row;
}

void CommitBatch::write_row(const std::string& key, Payload payload) {
  auto& loaded = rows_.at(key);
  auto& row = loaded.row;
  const auto key_slice = to_slice(key);
  if (payload == Payload::replaced) {
    if (loaded.has_payload) freed_bytes_ += loaded.stored_payload;
    if (auto* value = std::get_if<InlineRow>(&row.cells.state)) {
      const auto bytes = value->payload.view();
      row.payload_size = bytes.size();
      row.payload_checksum = payload_checksum(key, bytes);
      writes_.Put(database_.column(Column::payloads), key_slice, to_slice(bytes));
      value->payload = SharedBytes();
      value->metadata.size = row.payload_size;
      loaded.stored_payload = row.payload_size;
      loaded.has_payload = true;
    } else if (loaded.has_payload) {
      writes_.Delete(database_.column(Column::payloads), key_slice);
      loaded.has_payload = false;
    }
  }
  const auto deadline = deadline_of(row.cells.state);
  if (deadline != loaded.indexed_deadline) {
    if (loaded.indexed_deadline) {
      writes_.Delete(database_.column(Column::expiry),
                     to_slice(expiry_key(*loaded.indexed_deadline, key)));
    }
    if (deadline) {
      writes_.Put(database_.column(Column::expiry), to_slice(expiry_key(*deadline, key)),
                  rocksdb::Slice());
    }
    loaded.indexed_deadline = deadline;
  }
  if (row.cells.empty()) {
    writes_.Delete(database_.column(Column::rows), key_slice);
  } else {
    writes_.Put(database_.column(Column::rows), key_slice, to_slice(encode_row(key, row)));
  }
}

Result<std::optional<std::string>> CommitBatch::log_value(const std::string& key) {
  if (const auto it = log_.find(key); it != log_.end()) return it->second;
  std::string value;
  const auto status =
      database_.db().Get(rocksdb::ReadOptions(), database_.column(Column::changelog), key, &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return to_error(status, "change log entry " + key + " can't be read");
  return std::optional<std::string>(std::move(value));
}

void CommitBatch::put_log_value(const std::string& key, std::string value) {
  writes_.Put(database_.column(Column::changelog), key, value);
  log_[key] = std::move(value);
}

void CommitBatch::remove_log_value(const std::string& key) {
  writes_.Delete(database_.column(Column::changelog), key);
  log_[key] = std::nullopt;
}

void CommitBatch::remove_expiry(const std::string& index_key) {
  writes_.Delete(database_.column(Column::expiry), index_key);
}

}  // namespace objectstore
