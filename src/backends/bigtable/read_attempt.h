// One ReadRows call, sent once.
#pragma once

#include <google/protobuf/arena.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "backends/bigtable/row_merger.h"
#include "net/rpc.h"

namespace objectstore::bigtable {

inline constexpr std::string_view read_rows_method = "/google.bigtable.v2.Bigtable/ReadRows";

// Used by one coroutine.
class ReadAttempt {
 public:
  // All rows to come have keys above `last_key`; empty: any.
  explicit ReadAttempt(std::string last_key);
  ReadAttempt(const ReadAttempt&) = delete;
  ReadAttempt& operator=(const ReadAttempt&) = delete;

  // Once, before next().
  [[nodiscard]] Task<void> start(RpcTransport& transport, RpcRequest request);

  // The next rows, in the order of their keys, at least one. None: the stream has ended, see
  // status(). An error, `corrupt`: what came can't be understood; not to be called again.
  [[nodiscard]] Task<Result<std::vector<TableRow>>> next();

  // Valid when the stream has ended.
  [[nodiscard]] const RpcStatus& status() const { return call_->status(); }
  [[nodiscard]] const RpcMetadata& response_metadata() const { return call_->response_metadata(); }

  // No row up to this key will come any more.
  [[nodiscard]] const std::string& last_key() const { return merger_.last_key(); }

 private:
  Result<std::vector<TableRow>> rows_of(const std::string& message);

  std::unique_ptr<RpcCall> call_;
  RowMerger merger_;
  // Where one response is taken apart, with room for that of a small row.
  std::array<char, 2048> arena_block_;
  google::protobuf::Arena arena_;
};

}  // namespace objectstore::bigtable
