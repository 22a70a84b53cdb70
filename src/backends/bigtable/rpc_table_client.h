// The table client over gRPC.
#pragma once

#include <map>
#include <string>

#include "backends/bigtable/operation.h"
#include "backends/bigtable/read_batcher.h"
#include "backends/bigtable/read_stream.h"
#include "backends/bigtable/table_client.h"

namespace objectstore::bigtable {

// Must outlive its requests; transport, clock and random must outlive it.
class RpcTableClient final : public TableClient {
 public:
  RpcTableClient(RpcTransport& transport, Clock& clock, Random& random, TableSettings settings);

  [[nodiscard]] Task<Result<std::optional<TableRow>>> read_row(
      std::string key, const wire::RowFilter* filter) override;
  [[nodiscard]] Task<Result<std::vector<TableRow>>> read_rows(KeyRange range,
                                                              const wire::RowFilter& filter,
                                                              std::size_t limit) override;
  [[nodiscard]] Task<Result<RowsPage>> read_page(KeyRange range, const wire::RowFilter& filter,
                                                 std::size_t limit) override;
  [[nodiscard]] Task<Result<void>> mutate_row(RowMutations row) override;
  [[nodiscard]] Task<Result<void>> mutate_rows(std::vector<RowMutations> rows) override;
  [[nodiscard]] Task<Checked> check_and_mutate(wire::CheckAndMutateRowRequest request) override;

  // How requests went, by action. Any thread may call.
  [[nodiscard]] std::map<std::string, RequestCounts> request_counts() const {
    return channel_.counts.snapshot();
  }

 private:
  [[nodiscard]] ReadStream stream_of(KeyRange range, const wire::RowFilter& filter,
                                     std::size_t limit);
  [[nodiscard]] static Task<Result<void>> read_range(ReadStream& stream,
                                                     std::vector<TableRow>& rows);

  TableChannel channel_;
  ReadBatcher reads_;
};

}  // namespace objectstore::bigtable
