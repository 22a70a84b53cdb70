#include "backends/rocksdb/rocksdb_change_log.h"

#include <memory>

#include "base/encoding.h"

namespace objectstore {

namespace {

// A request made of a function on the batch, which returns whether it applied.
template <class F>
class LogRequest final : public CommitRequest {
 public:
  explicit LogRequest(F change) : change_(std::move(change)) {}
  bool applied = false;

  [[nodiscard]] Result<void> apply(CommitBatch& batch) override {
    TRY_ASSIGN(applied, change_(batch));
    return Result<void>();
  }

 private:
  F change_;
};

template <class F>
Task<Mutation> mutate(CommitQueue& commits, F change) {
  LogRequest<F> request(std::move(change));
  auto outcome = co_await commits.run(request);
  co_return to_mutation(std::move(outcome), request.applied);
}

template <class F>
Task<Result<void>> write(CommitQueue& commits, F change) {
  const auto mutation = co_await mutate(commits, std::move(change));
  if (!mutation.is_applied()) co_return mutation.cause();
  co_return Result<void>();
}

// An entry whose checksum is wrong: its time is taken as the earliest, so that it is looked at.
ScannedEntry unreadable(std::string key, std::string value) {
  ScannedEntry entry;
  entry.content =
      BrokenEntry{std::move(value),
                  Error(ErrorCode::corrupt, "change log entry " + key + " has a wrong checksum")};
  entry.key = std::move(key);
  return entry;
}

std::string log_value(std::string_view key, const LogEntry& entry, EntryTime time) {
  return encode_log_value(key, time, encode_entry(entry), encode_upload_state(entry));
}

// Whether what is stored under `key` has that state; nothing is, if there is none.
bool holds(std::string_view key, const std::optional<std::string>& value,
           const std::optional<UploadState>& state) {
  if (!value || !state) return !value && !state;
  const auto decoded = decode_log_value(key, *value);
  return decoded && decoded->state == encode_upload_state(*state);
}

EntryTime time_of(const std::string& key, const std::string& value) {
  const auto decoded = decode_log_value(key, value);
  return decoded ? decoded->time : 0;
}

// A quarantined value: the reason, then the entry as it was.
std::string encode_quarantined(std::string_view reason, std::string_view value) {
  std::string out;
  append_bytes(out, reason);
  append_bytes(out, value);
  return out;
}

QuarantinedEntry quarantined_entry(std::string key, std::string_view stored) {
  QuarantinedEntry entry;
  entry.key = std::move(key);
  const auto outer = decode_log_value(entry.key, stored);
  if (!outer) {
    entry.reason = "the quarantined entry itself has a wrong checksum";
    entry.value = std::string(stored);
    entry.time = UINT64_MAX;  // shown, never retried
    return entry;
  }
  entry.time = outer->time;
  Decoder in(outer->text);
  entry.reason = std::string(in.bytes().value_or(""));
  entry.value = std::string(in.bytes().value_or(""));
  const auto inner = decode_log_value(key_before_quarantine(entry.key), entry.value);
  if (inner) {
    entry.text = std::string(inner->text);
    entry.state = std::string(inner->state);
  }
  return entry;
}

}  // namespace

Task<Result<void>> RocksDbChangeLog::record(const std::vector<LogEntry>& entries, EntryTime time) {
  return write(commits_, [&entries, time](CommitBatch& batch) -> Result<bool> {
    for (const auto& entry : entries) {
      const auto key = entry_key(entry.change.id);
      batch.put_log_value(key, log_value(key, entry, time));
    }
    return true;
  });
}

Task<Result<void>> RocksDbChangeLog::remove(std::string_view key) {
  return write(commits_, [key = std::string(key)](CommitBatch& batch) -> Result<bool> {
    batch.remove_log_value(key);
    return true;
  });
}

Task<Mutation> RocksDbChangeLog::exchange(std::string_view key,
                                          const std::optional<UploadState>& expected,
                                          const std::optional<LogEntry>& next, EntryTime time) {
  return mutate(
      commits_,
      [key = std::string(key), &expected, &next, time](CommitBatch& batch) -> Result<bool> {
        TRY_ASSIGN(const auto value, batch.log_value(key));
        if (!holds(key, value, expected)) return false;
        if (next) {
          batch.put_log_value(key, log_value(key, *next, time));
        } else {
          batch.remove_log_value(key);
        }
        return true;
      });
}

Task<Result<std::vector<ScannedEntry>>> RocksDbChangeLog::scan(const ScanRequest& request) {
  auto read = [this, &request]() -> Result<std::vector<ScannedEntry>> {
    std::vector<ScannedEntry> found;
    const auto end = to_slice(request.to);
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &end;
    const std::unique_ptr<rocksdb::Iterator> it(
        database_.db().NewIterator(options, database_.column(Column::changelog)));
    for (it->Seek(to_slice(request.from)); it->Valid() && found.size() < request.limit;
         it->Next()) {
      auto key = it->key().ToString();
      const auto value = decode_log_value(key, to_view(it->value()));
      if (!value) {
        found.push_back(unreadable(std::move(key), it->value().ToString()));
      } else if (value->time < request.before) {
        found.push_back(scanned_entry(std::move(key), value->time, std::string(value->text),
                                      std::string(value->state)));
      }
    }
    if (!it->status().ok()) return to_error(it->status(), "the change log can't be read");
    return found;
  };
  co_return co_await pool_.run(read);
}

Task<Mutation> RocksDbChangeLog::claim(const ScannedEntry& entry, EntryTime now) {
  return mutate(commits_, [&entry, now](CommitBatch& batch) -> Result<bool> {
    TRY_ASSIGN(const auto value, batch.log_value(entry.key));
    if (!value) return false;
    const auto decoded = decode_log_value(entry.key, *value);
    if (!decoded || decoded->time != entry.time) return false;
    batch.put_log_value(entry.key, encode_log_value(entry.key, now, decoded->text, decoded->state));
    return true;
  });
}

Task<Mutation> RocksDbChangeLog::quarantine(const ScannedEntry& entry, std::string_view reason,
                                            EntryTime now) {
  return mutate(commits_, [&entry, reason, now](CommitBatch& batch) -> Result<bool> {
    TRY_ASSIGN(const auto value, batch.log_value(entry.key));
    if (!value || time_of(entry.key, *value) != entry.time) return false;
    const auto key = quarantine_key(entry.key);
    batch.put_log_value(key, encode_log_value(key, now, encode_quarantined(reason, *value)));
    batch.remove_log_value(entry.key);
    return true;
  });
}

Task<Result<std::vector<QuarantinedEntry>>> RocksDbChangeLog::quarantined(EntryTime before,
                                                                          std::string_view after,
                                                                          std::size_t limit) {
  auto read = [this, before, after = std::string(after),
               limit]() -> Result<std::vector<QuarantinedEntry>> {
    std::vector<QuarantinedEntry> found;
    const std::unique_ptr<rocksdb::Iterator> it(
        database_.db().NewIterator(rocksdb::ReadOptions(), database_.column(Column::changelog)));
    const auto start = after.empty() ? std::string(quarantine_prefix) : key_after(after);
    for (it->Seek(to_slice(start)); it->Valid() && found.size() < limit; it->Next()) {
      if (!to_view(it->key()).starts_with(quarantine_prefix)) break;
      auto entry = quarantined_entry(it->key().ToString(), to_view(it->value()));
      if (entry.time < before || before == UINT64_MAX) found.push_back(std::move(entry));
    }
    if (!it->status().ok()) return to_error(it->status(), "the quarantine can't be read");
    return found;
  };
  co_return co_await pool_.run(read);
}

Task<Result<void>> RocksDbChangeLog::release(const QuarantinedEntry& entry, EntryTime time) {
  return write(commits_, [&entry, time](CommitBatch& batch) -> Result<bool> {
    TRY_ASSIGN(const auto aside, batch.log_value(entry.key));
    if (!aside) return true;  // released before, and settled perhaps
    const auto key = key_before_quarantine(entry.key);
    TRY_ASSIGN(const auto present, batch.log_value(key));
    // An entry that was readable goes back with the new time, another as it was.
    const auto decoded = decode_log_value(key, entry.value);
    if (!decoded) {
      batch.put_log_value(key, entry.value);
    } else if (!present || decoded->state.empty()) {
      batch.put_log_value(key, encode_log_value(key, time, decoded->text, decoded->state));
    }
    batch.remove_log_value(entry.key);
    return true;
  });
}

Task<Mutation> RocksDbChangeLog::drop(const QuarantinedEntry& entry) {
  return mutate(commits_, [&entry](CommitBatch& batch) -> Result<bool> {
    TRY_ASSIGN(const auto stored, batch.log_value(entry.key));
    if (!stored || quarantined_entry(entry.key, *stored) != entry) return false;
    batch.remove_log_value(entry.key);
    return true;
  });
}

}  // namespace objectstore
