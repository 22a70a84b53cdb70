// Reads rows in the order of their keys, resumed where the stream breaks.
#pragma once

#include <google/bigtable/v2/data.pb.h>

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "backends/bigtable/operation.h"
#include "backends/bigtable/read_attempt.h"

namespace objectstore::bigtable {

// One row, or a range of them.
using RowsWanted = std::variant<std::string, KeyRange>;

// The message of a ReadRows request for `rows`; a `limit` of 0 is none.
[[nodiscard]] std::string read_rows_message(const TableSettings& settings, const wire::RowSet& rows,
                                            const wire::RowFilter* filter, std::size_t limit);

// Used by one coroutine. The channel and the filter (null: all cells) must outlive it.
class ReadStream {
 public:
  // Up to `limit` rows, which is at least 1. `operation` is idempotent.
  ReadStream(TableChannel& channel, Operation operation, RowsWanted wanted,
             const wire::RowFilter* filter, std::size_t limit);

  // The next rows, as many as have come; none: there are no more. After an error it is of no use.
  [[nodiscard]] Task<Result<std::vector<TableRow>>> next();

  // The rows up to this key were all delivered; empty: it has not come that far.
  [[nodiscard]] const std::string& looked_at() const { return last_key_; }

 private:
  [[nodiscard]] bool exhausted() const;
  [[nodiscard]] wire::RowSet rows_left() const;
  Task<void> begin_attempt();
  Result<void> deliver(const std::vector<TableRow>& rows);
  Task<Result<void>> drain();

  TableChannel& channel_;
  Operation operation_;
  RowsWanted wanted_;
  const wire::RowFilter* filter_;
  std::size_t left_;
  std::string last_key_;  // everything up to it is delivered or known to hold nothing
  bool ended_ = false;
  std::optional<ReadAttempt> attempt_;
};

}  // namespace objectstore::bigtable
