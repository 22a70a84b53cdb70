// Puts rows together from the chunks of a ReadRows response.
//
// A row comes as one chunk a cell, or several where a value is long. What a chunk leaves out of the
// cell's name is as in the chunk before; the last chunk commits the row, and a reset takes back
// what has come of it so far. Rows come in ascending order of their keys.
// https://cloud.google.com/bigtable/docs/reference/data/rpc/google.bigtable.v2#readrowsresponse
#pragma once

#include <google/bigtable/v2/bigtable.pb.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "backends/bigtable/table_client.h"

namespace objectstore::bigtable {

// Of one stream. An error is `corrupt`: the server doesn't keep to the protocol, or the row is too
// long to hold; the merger is of no use then.
class RowMerger {
 public:
  // Bigtable's own limit for a row that is read is 256 MiB.
  static constexpr std::size_t longest_row_bytes = 320 << 20;

  // All keys to come are above `last_key`; empty: any.
  explicit RowMerger(std::string last_key = {}, std::size_t row_bytes_limit = longest_row_bytes)
      : last_key_(std::move(last_key)), row_bytes_limit_(row_bytes_limit) {}

  // Appends the rows that `response` completes to `rows`; takes the values out of it.
  [[nodiscard]] Result<void> feed(wire::ReadRowsResponse& response, std::vector<TableRow>& rows);

  // Whether the stream may end here; checked when it ends well.
  [[nodiscard]] Result<void> finish() const;

  // No row up to this key will come any more.
  [[nodiscard]] const std::string& last_key() const { return last_key_; }

 private:
  using Chunk = wire::ReadRowsResponse::CellChunk;

  Result<void> take(Chunk& chunk, std::vector<TableRow>& rows);
  Result<void> reset(const Chunk& chunk);
  Result<void> check(const Chunk& chunk) const;
  Result<void> begin_cell(Chunk& chunk);
  Result<void> append_value(Chunk& chunk);
  Result<void> reserve(std::size_t bytes);
  Result<void> scanned(const std::string& key);
  void drop_row();
  [[nodiscard]] Error violation(std::string_view what) const;

  std::string last_key_;
  std::size_t row_bytes_limit_;

  bool in_row_ = false;
  TableRow row_;
  std::size_t row_bytes_ = 0;
  // Above 0: the last cell's value goes on, and will have this size.
  std::size_t value_size_ = 0;
};

}  // namespace objectstore::bigtable
