// Group commit: every mutation of a database goes through one thread, which evaluates predicates
// in order and makes a whole batch durable with one fsync. That thread is what makes each request
// atomic; nothing is seen before it is durable.
#pragma once

#include <rocksdb/write_batch.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "backends/rocksdb/database.h"
#include "backends/rocksdb/row_format.h"
#include "runtime/callback.h"
#include "runtime/log.h"
#include "runtime/sync.h"
#include "storage/row_store.h"

namespace objectstore {

// The state of the database as the next request of a batch sees it: what is durable, and above it
// what the requests before it in the same batch have written.
class CommitBatch {
 public:
  CommitBatch(Database& database, std::uint64_t now_ms) : database_(database), now_ms_(now_ms) {}

  [[nodiscard]] std::uint64_t now_ms() const { return now_ms_; }

  // The row under `key`; absent rows are empty. The pointer is good until the next call.
  [[nodiscard]] Result<StoredRow*> row(const std::string& key);
  // Writes back a row got by row() whose cells have changed. `payload`: the state was replaced, by
  // an inline one with these bytes, or by another with none.
  enum class Payload : std::uint8_t { kept, replaced };
  void write_row(const std::string& key, Payload payload);

  [[nodiscard]] Result<std::optional<std::string>> log_value(const std::string& key);
  void put_log_value(const std::string& key, std::string value);
  void remove_log_value(const std::string& key);

  void remove_expiry(const std::string& index_key);

  // Payload bytes that this batch makes garbage.
  [[nodiscard]] std::uint64_t freed_bytes() const { return freed_bytes_; }
  [[nodiscard]] rocksdb::WriteBatch& writes() { return writes_; }

 private:
  struct LoadedRow {
    StoredRow row;
    std::optional<WallTime> indexed_deadline;  // in the index now
    std::uint64_t stored_payload = 0;          // bytes in `payloads` now
    bool has_payload = false;
  };
  Database& database_;
  std::uint64_t now_ms_;
  std::map<std::string, LoadedRow> rows_;
  std::map<std::string, std::optional<std::string>> log_;
  rocksdb::WriteBatch writes_;
  std::uint64_t freed_bytes_ = 0;
};

// One request, owned by the coroutine that waits for it.
class CommitRequest {
 public:
  virtual ~CommitRequest() = default;
  // Called once on the commit thread: decides, and writes into the batch. An error leaves the
  // batch as it was.
  [[nodiscard]] virtual Result<void> apply(CommitBatch& batch) = 0;

 private:
  friend class CommitQueue;
  // What became of it: set before the waiter goes on.
  enum class Fate : std::uint8_t { durable, failed, unknown };
  Fate fate_ = Fate::durable;
  std::optional<Error> error_;
  bool wrote_ = false;
  Completer<Done> waiter_;
};

struct CommitOutcome {
  enum class Kind : std::uint8_t { durable, failed, unknown };
  Kind kind = Kind::durable;
  std::optional<Error> error;  // unless durable
};

// What a request's own verdict means once its batch has come out.
[[nodiscard]] Mutation to_mutation(CommitOutcome outcome, bool applied);

// Thread-safe. Its destructor fails what is still queued.
class CommitQueue {
 public:
  CommitQueue(Database& database, Clock& clock, Logger& logger);
  ~CommitQueue();

  // Runs `request` and waits until what it wrote is durable.
  [[nodiscard]] Task<CommitOutcome> run(CommitRequest& request);

  // False after a write has failed, until a probe has succeeded; reads go on meanwhile.
  [[nodiscard]] bool writable() const { return writable_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t freed_bytes() const { return freed_bytes_.load(); }
  void reset_freed_bytes() { freed_bytes_ = 0; }

 private:
  void loop();
  [[nodiscard]] std::vector<CommitRequest*> take();
  void commit(const std::vector<CommitRequest*>& requests);
  // Whether the engine takes durable writes again, after a failure.
  [[nodiscard]] bool probe();
  static void fail_all(const std::vector<CommitRequest*>& requests, const Error& error);

  Database& database_;
  Clock& clock_;
  Logger& logger_;
  Semaphore places_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<CommitRequest*> queue_;
  bool stopping_ = false;
  std::atomic<bool> writable_ = true;
  std::optional<Error> write_error_;  // commit thread only
  MonotonicTime next_probe_;          // commit thread only
  std::atomic<std::uint64_t> freed_bytes_ = 0;
  std::thread thread_;
};

}  // namespace objectstore
