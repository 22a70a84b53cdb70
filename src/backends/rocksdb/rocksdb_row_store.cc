#include "backends/rocksdb/rocksdb_row_store.h"

#include <algorithm>
#include <memory>

namespace objectstore {

namespace {

// A request that changes one row by a rule of row_cells.h.
template <class Rule>
class RowRequest final : public CommitRequest {
 public:
  RowRequest(std::string_view key, CommitBatch::Payload payload, Rule rule)
      : key_(key), payload_(payload), rule_(std::move(rule)) {}

  // Whether the rule changed the row.
  bool applied = false;

  [[nodiscard]] Result<void> apply(CommitBatch& batch) override {
    TRY_ASSIGN(auto* const row, batch.row(key_));
    applied = rule_(row->cells, batch.now_ms());
    if (applied) batch.write_row(key_, payload_);
    return Result<void>();
  }

 private:
  std::string key_;
  CommitBatch::Payload payload_;
  Rule rule_;
};

template <class Rule>
Task<Mutation> mutate(CommitQueue& commits, std::string_view key, CommitBatch::Payload payload,
                      Rule rule) {
  RowRequest<Rule> request(key, payload, std::move(rule));
  auto outcome = co_await commits.run(request);
  co_return to_mutation(std::move(outcome), request.applied);
}

Error corrupt_payload(const std::string& key) {
  return Error(ErrorCode::corrupt, "the payload of row " + key + " is missing or corrupt");
}

ListedRow listed_row(std::string key, std::string_view value) {
  ListedRow listed;
  auto stored = decode_row(key, value);
  if (stored.ok()) {
    listed.open_intents = open_attempts(stored->cells);
    listed.row = Row{std::move(stored->cells.state), stored->cells.stamp};
  } else {
    listed.problem = stored.error().describe();
  }
  listed.key = std::move(key);
  return listed;
}

// What a sweep does with the expired entries of the deadline index.
class SweepRequest final : public CommitRequest {
 public:
  SweepRequest(std::vector<std::string> index_keys, WallTime now)
      : index_keys_(std::move(index_keys)), now_ms_(unix_ms(now)) {}

  RowSweeper::Sweep sweep;

  [[nodiscard]] Result<void> apply(CommitBatch& batch) override {
    for (const auto& index_key : index_keys_) {
      const auto parsed = parse_expiry_key(index_key);
      if (!parsed) {
        batch.remove_expiry(index_key);
        continue;
      }
      const std::string key(parsed->row_key);
      auto row = batch.row(key);
      if (!row.ok()) continue;  // corrupt: nothing is deleted on its strength
      auto& cells = (*row)->cells;
      if (deadline_of(cells.state) != parsed->deadline) {
        batch.remove_expiry(index_key);
      } else if (std::holds_alternative<InlineRow>(cells.state)) {
        cells.state = AbsentRow{};  // the stamp stays, against late requests
        batch.write_row(key, CommitBatch::Payload::replaced);
        ++sweep.collected;
      } else if (!is_being_written(cells, now_ms_)) {
        sweep.redirects.push_back(ExpiredRedirect{key, Row{cells.state, cells.stamp}});
      }
    }
    return Result<void>();
  }

 private:
  std::vector<std::string> index_keys_;
  std::uint64_t now_ms_;
};

}  // namespace

Task<Result<Row>> RocksDbRowStore::read(std::string_view key_view, RowPart part) {
  std::string key(key_view);
  // What lies in memory is read on the spot; only what may touch the disk goes to the pool.
  if (auto row = read_from(From::memory, key, part, nullptr)) co_return std::move(*row);
  auto from_disk = [this, &key, part]() -> Result<Row> {
    if (auto row = read_from(From::disk, key, part, nullptr)) return std::move(*row);
    // Overwritten between its two reads: once more, with both from one moment.
    rocksdb::ManagedSnapshot snapshot(&database_.db());
    if (auto row = read_from(From::disk, key, part, snapshot.snapshot())) return std::move(*row);
    return corrupt_payload(key);
  };
  co_return co_await pool_.run(from_disk);
}

std::optional<Result<Row>> RocksDbRowStore::read_from(From source, const std::string& key,
                                                      RowPart part,
                                                      const rocksdb::Snapshot* snapshot) {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  if (source == From::memory) options.read_tier = rocksdb::kBlockCacheTier;
  rocksdb::PinnableSlice value;
  const auto status =
      database_.db().Get(options, database_.column(Column::rows), to_slice(key), &value);
  if (status.IsNotFound()) return Result<Row>(Row());
  if (status.IsIncomplete()) return std::nullopt;
  if (!status.ok()) return Result<Row>(to_error(status, "row " + key + " can't be read"));
  auto row = decode_row(key, to_view(value));
  if (!row.ok()) return Result<Row>(std::move(row).error());
  if (part == RowPart::everything && std::holds_alternative<InlineRow>(row->cells.state)) {
    bool incomplete = false;
    auto attached = attach_payload(options, key, *row, incomplete);
    if (incomplete) return std::nullopt;
    if (!attached.ok()) return Result<Row>(std::move(attached).error());
    if (!*attached) return std::nullopt;
  }
  return Result<Row>(Row{std::move(row->cells.state), row->cells.stamp});
}

Result<bool> RocksDbRowStore::attach_payload(const rocksdb::ReadOptions& options,
                                             const std::string& key, StoredRow& row,
                                             bool& incomplete) {
  auto payload = std::make_shared<rocksdb::PinnableSlice>();
  const auto status =
      database_.db().Get(options, database_.column(Column::payloads), to_slice(key), payload.get());
  incomplete = status.IsIncomplete();
  if (incomplete || status.IsNotFound()) return false;
  if (!status.ok()) return to_error(status, "the payload of row " + key + " can't be read");
  const auto bytes = to_view(*payload);
  if (bytes.size() != row.payload_size || payload_checksum(key, bytes) != row.payload_checksum) {
    return false;
  }
  std::get<InlineRow>(row.cells.state).payload = SharedBytes(bytes, std::move(payload));
  return true;
}

Task<Mutation> RocksDbRowStore::write_unless_redirect(std::string_view key, const RowState& state,
                                                      const Stamp& stamp) {
  return mutate(commits_, key, CommitBatch::Payload::replaced,
                [&state, stamp](RowCells& row, std::uint64_t now) {
                  return apply_write_unless_redirect(row, state, stamp, now);
                });
}

Task<Mutation> RocksDbRowStore::open_intent(std::string_view key, const AttemptId& attempt,
                                            const IntentCondition& condition) {
  return mutate(commits_, key, CommitBatch::Payload::kept,
                [attempt, &condition](RowCells& row, std::uint64_t) {
                  return apply_open_intent(row, attempt, condition);
                });
}

Task<Mutation> RocksDbRowStore::commit(std::string_view key, const AttemptId& attempt,
                                       const RowState& state, const Stamp& stamp) {
  return mutate(commits_, key, CommitBatch::Payload::replaced,
                [attempt, &state, stamp](RowCells& row, std::uint64_t now) {
                  return apply_commit(row, attempt, state, stamp, now);
                });
}

Task<Result<FenceFound>> RocksDbRowStore::fence(std::string_view key, const AttemptId& attempt) {
  auto found = FenceFound::not_open;
  auto rule = [attempt, &found](RowCells& row, std::uint64_t) {
    found = apply_fence(row, attempt);
    return true;
  };
  const auto fenced = co_await mutate(commits_, key, CommitBatch::Payload::kept, rule);
  if (!fenced.is_applied()) co_return fenced.cause();
  co_return found;
}

Task<Mutation> RocksDbRowStore::bump(std::string_view key, const Row& as_read, WallTime deadline) {
  return mutate(commits_, key, CommitBatch::Payload::kept,
                [&as_read, deadline](RowCells& row, std::uint64_t now) {
                  return apply_bump(row, as_read, deadline, now);
                });
}

Task<Result<RowSweeper::Sweep>> RocksDbRowStore::sweep(WallTime now, std::string from,
                                                       std::size_t limit) {
  auto find_expired = [this, now, &from, limit]() -> Result<std::vector<std::string>> {
    std::vector<std::string> keys;
    const auto end = expiry_key(now, "");
    const auto end_slice = to_slice(end);
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &end_slice;
    const std::unique_ptr<rocksdb::Iterator> it(
        database_.db().NewIterator(options, database_.column(Column::expiry)));
    for (it->Seek(to_slice(from)); it->Valid() && keys.size() < limit; it->Next()) {
      keys.push_back(it->key().ToString());
    }
    if (!it->status().ok()) return to_error(it->status(), "the index of deadlines can't be read");
    return keys;
  };
  CO_TRY_ASSIGN(auto keys, co_await pool_.run(find_expired));
  if (keys.empty()) co_return Sweep();
  std::string next;
  if (keys.size() == limit) next = keys.back() + '\0';
  SweepRequest request(std::move(keys), now);
  auto outcome = co_await commits_.run(request);
  if (outcome.kind != CommitOutcome::Kind::durable) co_return std::move(*outcome.error);
  request.sweep.next = std::move(next);
  co_return std::move(request.sweep);
}

Task<Result<void>> RocksDbRowStore::reclaim() {
  std::uint64_t stored = 0;
  for (const auto& property :
       {rocksdb::DB::Properties::kTotalSstFilesSize, rocksdb::DB::Properties::kTotalBlobFileSize}) {
    std::uint64_t bytes = 0;
    database_.db().GetIntProperty(database_.column(Column::payloads), property, &bytes);
    stored += bytes;
  }
  if (commits_.freed_bytes() < std::max(reclaim_.least_garbage_bytes, stored / 4)) {
    co_return Result<void>();
  }
  commits_.reset_freed_bytes();
  auto compact = [this]() -> Result<void> {
    // Logs go when nothing in memory needs them any more, of whatever family.
    auto& db = database_.db();
    auto flushed = db.Flush(rocksdb::FlushOptions(),
                            {database_.column(Column::base), database_.column(Column::changelog)});
    if (!flushed.ok()) return to_error(flushed, "memory can't be written to files");
    rocksdb::CompactRangeOptions options;
    options.exclusive_manual_compaction = false;
    options.canceled = &reclaim_cancelled_;
    options.blob_garbage_collection_policy = rocksdb::BlobGarbageCollectionPolicy::kForce;
    options.blob_garbage_collection_age_cutoff = 1.0;
    for (const auto column : {Column::payloads, Column::expiry, Column::rows}) {
      const auto status = db.CompactRange(options, database_.column(column), nullptr, nullptr);
      if (status.IsIncomplete()) return Result<void>();  // cancelled: next time
      if (!status.ok()) return to_error(status, "compaction failed");
    }
    return database_.keep_memory_in_use();
  };
  co_return co_await pool_.run(compact);
}

Task<Result<RowPage>> RocksDbRowStore::list_rows(std::string from, std::size_t limit) {
  auto scan = [this, &from, limit]() -> Result<RowPage> {
    RowPage page;
    rocksdb::ReadOptions options;
    options.fill_cache = false;  // a walk over everything must not push out what is in use
    const std::unique_ptr<rocksdb::Iterator> it(
        database_.db().NewIterator(options, database_.column(Column::rows)));
    for (it->Seek(to_slice(from)); it->Valid(); it->Next()) {
      auto key = it->key().ToString();
      if (page.rows.size() >= std::max<std::size_t>(1, limit)) {
        page.next = std::move(key);
        break;
      }
      page.rows.push_back(listed_row(std::move(key), to_view(it->value())));
    }
    if (!it->status().ok()) return to_error(it->status(), "rows can't be listed");
    return page;
  };
  co_return co_await pool_.run(scan);
}

Task<Result<ListedRow>> RocksDbRowStore::inspect(std::string_view key_view) {
  auto look = [this, key = std::string(key_view)]() -> Result<ListedRow> {
    rocksdb::PinnableSlice value;
    const auto status = database_.db().Get(rocksdb::ReadOptions(), database_.column(Column::rows),
                                           to_slice(key), &value);
    if (status.IsNotFound()) {
      ListedRow absent;
      absent.key = key;
      return absent;
    }
    if (!status.ok()) return to_error(status, "row " + key + " can't be read");
    return listed_row(key, to_view(value));
  };
  co_return co_await pool_.run(std::move(look));
}

}  // namespace objectstore
