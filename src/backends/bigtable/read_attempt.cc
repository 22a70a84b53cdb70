#include "backends/bigtable/read_attempt.h"

#include <utility>

namespace objectstore::bigtable {

ReadAttempt::ReadAttempt(std::string last_key)
    : merger_(std::move(last_key)), arena_(arena_block_.data(), arena_block_.size()) {}

Task<void> ReadAttempt::start(RpcTransport& transport, RpcRequest request) {
  call_ = co_await transport.start(std::move(request));
}

Task<Result<std::vector<TableRow>>> ReadAttempt::next() {
  while (true) {
    const auto message = co_await call_->next();
    if (!message) break;
    auto rows = rows_of(*message);
    if (!rows.ok() || !rows->empty()) co_return rows;
  }
  if (call_->status().ok()) CO_TRY(merger_.finish());
  co_return std::vector<TableRow>();
}

Result<std::vector<TableRow>> ReadAttempt::rows_of(const std::string& message) {
  arena_.Reset();
  auto* response = google::protobuf::Arena::CreateMessage<wire::ReadRowsResponse>(&arena_);
  if (!response->ParseFromString(message)) {
    return Error(ErrorCode::corrupt, "Bigtable sent a response to ReadRows that is no message");
  }
  std::vector<TableRow> rows;
  TRY(merger_.feed(*response, rows));
  return rows;
}

}  // namespace objectstore::bigtable
