// Joins reads of single rows: those that begin during one turn of an executor's loop, with the same
// filter, travel as one ReadRows request.
//
// A read is never answered by a request that was sent before it began. A read that is alone waits
// for nothing: its request goes out when the handlers that were ready before it have run.
#pragma once

#include <google/bigtable/v2/data.pb.h>

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/bigtable/operation.h"
#include "backends/bigtable/table_client.h"
#include "runtime/callback.h"

namespace objectstore::bigtable {

// Any thread may call, on an executor that runs one coroutine at a time; each executor has batches
// of its own. Must outlive the reads; the channel must outlive it.
class ReadBatcher {
 public:
  static constexpr std::size_t most_reads = 32;  // of a batch

  explicit ReadBatcher(TableChannel& channel) : channel_(channel) {}
  ~ReadBatcher();
  ReadBatcher(const ReadBatcher&) = delete;
  ReadBatcher& operator=(const ReadBatcher&) = delete;

  // As TableClient::read_row(); precondition: the key is within the limits.
  [[nodiscard]] Task<Result<std::optional<TableRow>>> read(std::string key,
                                                           const wire::RowFilter* filter);

 private:
  struct FailedAttempt {
    RpcStatus status;
    RpcMetadata metadata;
  };
  // Of one read by its batch: the row if there is one, or that it has to be read anew.
  struct Answer {
    std::optional<TableRow> row;
    std::optional<FailedAttempt> failure;
  };
  struct Waiter {
    std::string key;
    Completer<Answer> completer;
  };
  struct Batch;
  struct Lane;

  Lane* lane_of(const boost::asio::any_io_executor& executor);
  void join(Lane& lane, Waiter waiter, const wire::RowFilter* filter);
  static Task<void> run(TableChannel& channel, Lane& lane, std::shared_ptr<Batch> batch);
  static Task<std::optional<FailedAttempt>> send(TableChannel& channel, Batch& batch);

  TableChannel& channel_;
  // Grows only, by one for each executor.
  std::atomic<Lane*> lanes_ = nullptr;
};

}  // namespace objectstore::bigtable
