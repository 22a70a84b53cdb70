#include "backends/bigtable/read_batcher.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "backends/bigtable/read_attempt.h"
#include "backends/bigtable/read_stream.h"

namespace objectstore::bigtable {
namespace {

// Callers on more executors than this read row by row.
constexpr int most_lanes = 256;

}  // namespace

struct ReadBatcher::Batch {
  const wire::RowFilter* filter = nullptr;
  std::vector<Waiter> waiters;  // sorted by key once the batch is closed
  std::size_t answered = 0;     // of them, from the front
  // For the waiters that are left, which all want it. They are the last to be answered: until then
  // somebody keeps the client alive.
  std::optional<TableRow> last_row;

  [[nodiscard]] bool takes(const wire::RowFilter* other) const {
    return filter == other && waiters.size() < most_reads;
  }
  [[nodiscard]] wire::RowSet row_set() const;
  // False: nobody asked for the row.
  [[nodiscard]] bool give(TableRow row);
  void finish(const std::optional<FailedAttempt>& failure);

 private:
  void answer_next(std::optional<TableRow> row) {
    Answer answer;
    answer.row = std::move(row);
    waiters[answered++].completer.complete(std::move(answer));
  }
};

struct ReadBatcher::Lane {
  boost::asio::any_io_executor executor;
  std::vector<std::shared_ptr<Batch>> open;  // not sent yet
  Lane* next = nullptr;
};

wire::RowSet ReadBatcher::Batch::row_set() const {
  wire::RowSet rows;
  for (const auto& waiter : waiters) {
    const int count = rows.row_keys_size();
    if (count == 0 || rows.row_keys(count - 1) != waiter.key) rows.add_row_keys(waiter.key);
  }
  return rows;
}

bool ReadBatcher::Batch::give(TableRow row) {
  if (last_row) return false;
  auto begin = answered;
  while (begin < waiters.size() && waiters[begin].key < row.key)
    ++begin;
  auto end = begin;
  while (end < waiters.size() && waiters[end].key == row.key)
    ++end;
  if (end == begin) return false;
  // Rows come in order: what was passed over does not exist.
  while (answered < begin)
    answer_next(std::nullopt);
  if (end == waiters.size()) {
    last_row = std::move(row);
    return true;
  }
  while (answered + 1 < end)
    answer_next(row);
  answer_next(std::move(row));
  return true;
}

void ReadBatcher::Batch::finish(const std::optional<FailedAttempt>& failure) {
  if (last_row || !failure) {
    while (answered + 1 < waiters.size())
      answer_next(last_row);
    if (answered < waiters.size()) answer_next(std::move(last_row));
    return;
  }
  while (answered < waiters.size()) {
    Answer answer;
    answer.failure = failure;
    waiters[answered++].completer.complete(std::move(answer));
  }
}

ReadBatcher::~ReadBatcher() {
  for (auto* lane = lanes_.load(); lane != nullptr;)
    delete std::exchange(lane, lane->next);
}

Task<Result<std::optional<TableRow>>> ReadBatcher::read(std::string key,
                                                        const wire::RowFilter* filter) {
  Operation operation(channel_, reading_a_row, Repeat::idempotent);
  const auto executor = co_await boost::asio::this_coro::executor;
  if (auto* lane = lane_of(executor)) {
    auto start = [this, lane, filter, &key](Completer<Answer> completer) {
      join(*lane, Waiter{key, std::move(completer)}, filter);
    };
    auto answer = co_await await_callback<Answer>(std::move(start));
    if (!answer.failure) co_return std::move(answer.row);
    const bool again = co_await operation.again(answer.failure->status, answer.failure->metadata);
    if (!again) co_return operation.error(answer.failure->status);
  }
  RowsWanted wanted(std::move(key));
  ReadStream stream(channel_, std::move(operation), std::move(wanted), filter, 1);
  auto rows = co_await stream.next();
  if (!rows.ok()) co_return std::move(rows).error();
  if (rows->empty()) co_return std::optional<TableRow>();
  co_return std::optional<TableRow>(std::move(rows->front()));
}

ReadBatcher::Lane* ReadBatcher::lane_of(const boost::asio::any_io_executor& executor) {
  int count = 0;
  for (auto* lane = lanes_.load(std::memory_order_acquire); lane != nullptr; lane = lane->next) {
    if (lane->executor == executor) return lane;
    ++count;
  }
  if (count >= most_lanes) return nullptr;
  auto lane = std::make_unique<Lane>();
  lane->executor = executor;
  lane->next = lanes_.load();
  while (!lanes_.compare_exchange_weak(lane->next, lane.get())) {
  }
  return lane.release();
}

void ReadBatcher::join(Lane& lane, Waiter waiter, const wire::RowFilter* filter) {
  for (auto& batch : lane.open) {
    if (!batch->takes(filter)) continue;
    batch->waiters.push_back(std::move(waiter));
    return;
  }
  auto batch = std::make_shared<Batch>();
  batch->filter = filter;
  batch->waiters.push_back(std::move(waiter));
  lane.open.push_back(batch);
  boost::asio::co_spawn(lane.executor, run(channel_, lane, std::move(batch)),
                        [](const std::exception_ptr& error) {
                          if (error) std::terminate();  // tasks report by values; see Result
                        });
}

Task<void> ReadBatcher::run(TableChannel& channel, Lane& lane, std::shared_ptr<Batch> batch) {
  co_await boost::asio::post(lane.executor, boost::asio::use_awaitable);
  std::erase(lane.open, batch);
  std::sort(batch->waiters.begin(), batch->waiters.end(),
            [](const Waiter& a, const Waiter& b) { return a.key < b.key; });
  const auto failure = co_await send(channel, *batch);
  batch->finish(failure);
}

// One attempt. What keeps it from answering all is left to the readers themselves, so that a row
// that can't be read does not harm the others.
Task<std::optional<ReadBatcher::FailedAttempt>> ReadBatcher::send(TableChannel& channel,
                                                                  Batch& batch) {
  const auto rows = batch.row_set();
  const auto limit = static_cast<std::size_t>(rows.row_keys_size());
  auto message = read_rows_message(channel.settings, rows, batch.filter, limit);
  const auto deadline = channel.clock.monotonic_now() + channel.settings.attempt_timeout;
  auto request = channel.request(read_rows_method, std::move(message), 0, deadline);
  ReadAttempt attempt{std::string()};
  co_await attempt.start(channel.transport, std::move(request));
  FailedAttempt failure;
  while (true) {
    auto some = co_await attempt.next();
    if (!some.ok()) {
      failure.status.code = RpcCode::internal;
      failure.status.message = some.error().message();
      co_return failure;
    }
    if (some->empty()) break;
    for (auto& row : *some) {
      if (batch.give(std::move(row))) continue;
      failure.status.code = RpcCode::internal;
      failure.status.message = "Bigtable sent a row that was not asked for";
      co_return failure;
    }
  }
  if (attempt.status().ok()) co_return std::nullopt;
  failure.status = attempt.status();
  failure.metadata = attempt.response_metadata();
  co_return failure;
}

}  // namespace objectstore::bigtable
