// Many rows' mutations on their way: cut into requests, until every row is done.
#pragma once

#include <google/bigtable/v2/bigtable.pb.h>

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "backends/bigtable/operation.h"
#include "backends/bigtable/table_client.h"

namespace objectstore::bigtable {

// The rows of one call of mutate_rows. Used by one coroutine; the channel must outlive it.
class BulkMutation {
 public:
  static constexpr std::size_t most_entries = 1000;  // of a request
  // A request ends with the entry that passes this.
  static constexpr std::size_t request_bytes = 2 << 20;

  explicit BulkMutation(TableChannel& channel)
      : channel_(channel), operation_(channel, writing_rows, Repeat::idempotent) {}

  // Errors as of check_row().
  [[nodiscard]] Result<void> add(RowMutations row);

  // Sends until all is done, or an entry fails for good; then some may be applied.
  [[nodiscard]] Task<Result<void>> run();

 private:
  using Entry = wire::MutateRowsRequest::Entry;

  // Moves entries from the front of waiting_ into the request.
  void fill_request();
  [[nodiscard]] Task<Result<void>> send();
  Result<void> take(const std::string& message, std::vector<bool>& done, RpcStatus& worst);
  void put_back(const std::vector<bool>& done);

  TableChannel& channel_;
  Operation operation_;
  std::deque<Entry> waiting_;
  wire::MutateRowsRequest request_;
};

}  // namespace objectstore::bigtable
