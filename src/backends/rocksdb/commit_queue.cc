#include "backends/rocksdb/commit_queue.h"

namespace objectstore {

namespace {

constexpr std::size_t queue_limit = 4096;
constexpr std::size_t batch_requests = 256;
constexpr std::size_t batch_bytes = 8 << 20;
constexpr auto probe_interval = std::chrono::milliseconds(500);
constexpr std::string_view probe_key = "probe";

}  // namespace

Mutation to_mutation(CommitOutcome outcome, bool applied) {
  switch (outcome.kind) {
    case CommitOutcome::Kind::durable:
      return applied ? Mutation::applied() : Mutation::refused();
    case CommitOutcome::Kind::failed:
      return Mutation::failed(std::move(*outcome.error));
    case CommitOutcome::Kind::unknown:
      break;
  }
  return Mutation::unknown(std::move(*outcome.error));
}

CommitQueue::CommitQueue(Database& database, Clock& clock, Logger& logger)
    : database_(database), clock_(clock), logger_(logger), places_(queue_limit) {
  thread_ = std::thread([this] { loop(); });
}

CommitQueue::~CommitQueue() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  fail_all(queue_, Error(ErrorCode::cancelled, "the database is being closed"));
}

Task<CommitOutcome> CommitQueue::run(CommitRequest& request) {
  const auto place = co_await places_.acquire();
  auto enqueue = [this, &request](Completer<Done> completer) {
    request.waiter_ = std::move(completer);
    bool was_empty = false;
    {
      const std::lock_guard lock(mutex_);
      was_empty = queue_.empty();
      queue_.push_back(&request);
    }
    if (was_empty) wake_.notify_one();
  };
  co_await await_callback<Done>(enqueue);
  CommitOutcome outcome;
  outcome.error = std::move(request.error_);
  switch (request.fate_) {
    case CommitRequest::Fate::durable:
      break;
    case CommitRequest::Fate::failed:
      outcome.kind = CommitOutcome::Kind::failed;
      break;
    case CommitRequest::Fate::unknown:
      outcome.kind = CommitOutcome::Kind::unknown;
      break;
  }
  co_return std::move(outcome);
}

void CommitQueue::loop() {
  while (true) {
    const auto requests = take();
    if (requests.empty()) return;
    commit(requests);
  }
}

// What has gathered while the last batch was being synced; empty: time to stop.
std::vector<CommitRequest*> CommitQueue::take() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  if (stopping_) return {};
  std::vector<CommitRequest*> taken;
  if (queue_.size() <= batch_requests) {
    taken.swap(queue_);
    return taken;
  }
  const auto end = queue_.begin() + batch_requests;
  taken.assign(queue_.begin(), end);
  queue_.erase(queue_.begin(), end);
  return taken;
}

void CommitQueue::fail_all(const std::vector<CommitRequest*>& requests, const Error& error) {
  for (auto* request : requests) {
    request->fate_ = CommitRequest::Fate::failed;
    request->error_ = error;
    request->waiter_.complete(Done{});
  }
}

void CommitQueue::commit(const std::vector<CommitRequest*>& requests) {
  if (write_error_ && !probe()) {
    fail_all(requests, *write_error_);
    return;
  }
  std::size_t first = 0;
  while (first < requests.size()) {
    CommitBatch batch(database_, unix_ms(clock_.now()));
    std::size_t last = first;
    while (last < requests.size() && batch.writes().GetDataSize() < batch_bytes) {
      auto& request = *requests[last++];
      const auto size_before = batch.writes().Count();
      if (auto applied = request.apply(batch); !applied.ok()) {
        request.fate_ = CommitRequest::Fate::failed;
        request.error_ = std::move(applied).error();
      }
      request.wrote_ = batch.writes().Count() != size_before;
    }
    rocksdb::Status status;
    if (batch.writes().Count() != 0) {
      rocksdb::WriteOptions durable;
      durable.sync = true;
      status = database_.db().Write(durable, &batch.writes());
    }
    if (status.ok()) {
      freed_bytes_ += batch.freed_bytes();
    } else {
      write_error_ = to_error(status, "the row store can't write");
      next_probe_ = clock_.monotonic_now() + probe_interval;
      writable_ = false;
      logger_.error("the row store can't write; it is read-only until a probe succeeds",
                    {{"error", write_error_->describe()}});
    }
    for (; first < last; ++first) {
      auto& request = *requests[first];
      if (!status.ok() && !request.error_) {
        // One that wrote nothing decided on a state which others wrote and which may be lost.
        request.fate_ = request.wrote_ ? CommitRequest::Fate::unknown : CommitRequest::Fate::failed;
        request.error_ = write_error_;
      }
      request.waiter_.complete(Done{});
    }
    if (write_error_) {
      fail_all({requests.begin() + static_cast<std::ptrdiff_t>(first), requests.end()},
               *write_error_);
      return;
    }
  }
}

bool CommitQueue::probe() {
  if (clock_.monotonic_now() < next_probe_) return false;
  next_probe_ = clock_.monotonic_now() + probe_interval;
  // Resume() alone proves nothing: after a full disk it can succeed while writes go on failing.
  auto status = database_.db().Resume();
  if (status.ok() && database_.log_is_broken()) {
    write_error_ = Error(ErrorCode::io,
                         "the row store can't leave a log file that has failed; "
                         "restart the process");
    return false;
  }
  if (status.ok()) {
    // Something in memory, past the log: should the probe fail, the engine can leave the log again.
    rocksdb::WriteOptions to_memory;
    to_memory.disableWAL = true;
    status = database_.db().Put(to_memory, database_.column(Column::base), to_slice(probe_key),
                                rocksdb::Slice());
  }
  if (status.ok()) {
    rocksdb::WriteOptions durable;
    durable.sync = true;
    status = database_.db().Put(durable, database_.column(Column::base), to_slice(probe_key),
                                to_slice(std::to_string(unix_ms(clock_.now()))));
  }
  if (!status.ok()) {
    auto error = to_error(status, "the row store can't write");
    // While the engine recovers by itself it says no more than that it is busy.
    if (error.code() != ErrorCode::unavailable) write_error_ = std::move(error);
    return false;
  }
  logger_.info("the row store can write again");
  write_error_.reset();
  writable_ = true;
  return true;
}

}  // namespace objectstore
