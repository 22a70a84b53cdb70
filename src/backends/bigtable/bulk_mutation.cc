#include "backends/bigtable/bulk_mutation.h"

#include <utility>

#include "backends/bigtable/request_limits.h"

namespace objectstore::bigtable {
namespace {

constexpr std::string_view mutate_rows_method = "/google.bigtable.v2.Bigtable/MutateRows";

RpcStatus status_of(const google::rpc::Status& entry) {
  RpcStatus status;
  // Of numbers that gRPC doesn't know nothing is known.
  const bool known =
      entry.code() >= 0 && entry.code() <= static_cast<int>(RpcCode::unauthenticated);
  status.code = known ? static_cast<RpcCode>(entry.code()) : RpcCode::unknown;
  status.message = entry.message();
  return status;
}

}  // namespace

Result<void> BulkMutation::add(RowMutations row) {
  Entry entry;
  for (auto& mutation : row.mutations)
    *entry.add_mutations() = std::move(mutation);
  TRY(check_row(row.key, entry.mutations()));
  entry.set_row_key(std::move(row.key));
  waiting_.push_back(std::move(entry));
  return {};
}

Task<Result<void>> BulkMutation::run() {
  request_.set_table_name(channel_.settings.table);
  request_.set_app_profile_id(channel_.settings.app_profile);
  while (!waiting_.empty()) {
    fill_request();
    auto sent = co_await send();
    CO_TRY(std::move(sent));
  }
  co_return Result<void>();
}

void BulkMutation::fill_request() {
  request_.clear_entries();
  std::size_t bytes = 0;
  int mutations = 0;
  while (!waiting_.empty() && bytes < request_bytes &&
         static_cast<std::size_t>(request_.entries_size()) < most_entries) {
    auto& entry = waiting_.front();
    mutations += entry.mutations_size();
    if (mutations > most_mutations) return;
    bytes += entry.ByteSizeLong();
    *request_.add_entries() = std::move(entry);
    waiting_.pop_front();
  }
}

// One request. What it leaves undone goes back to waiting_, unless that is final.
Task<Result<void>> BulkMutation::send() {
  auto request = operation_.request(mutate_rows_method, request_.SerializeAsString());
  auto call = co_await channel_.transport.start(std::move(request));
  std::vector<bool> done(static_cast<std::size_t>(request_.entries_size()), false);
  RpcStatus worst;
  while (true) {
    const auto message = co_await call->next();
    if (!message) break;
    CO_TRY(take(*message, done, worst));
  }
  const auto before = waiting_.size();
  put_back(done);
  if (waiting_.size() == before) {
    operation_.progress();
    co_return Result<void>();
  }
  auto status = call->status();
  if (status.ok()) status = worst;
  if (status.ok()) {
    status.code = RpcCode::internal;
    status.message = "the answer leaves entries out";
  }
  const auto metadata = call->response_metadata();
  const bool again = co_await operation_.again(status, metadata);
  if (!again) co_return operation_.error(status);
  co_return Result<void>();
}

// Marks the entries that are done; keeps a status of those that failed, a final one if there is
// any.
Result<void> BulkMutation::take(const std::string& message, std::vector<bool>& done,
                                RpcStatus& worst) {
  wire::MutateRowsResponse response;
  if (!response.ParseFromString(message)) {
    return Error(ErrorCode::corrupt, "Bigtable sent a response to MutateRows that is no message");
  }
  for (const auto& entry : response.entries()) {
    if (entry.index() < 0 || static_cast<std::size_t>(entry.index()) >= done.size()) {
      return Error(ErrorCode::corrupt, "Bigtable answered for a row that was not written");
    }
    auto status = status_of(entry.status());
    if (status.ok()) {
      done[static_cast<std::size_t>(entry.index())] = true;
    } else if (worst.ok() || operation_.verdict(status) != Verdict::retry) {
      worst = std::move(status);
    }
  }
  return {};
}

void BulkMutation::put_back(const std::vector<bool>& done) {
  for (std::size_t i = done.size(); i-- > 0;) {
    if (!done[i]) waiting_.push_front(std::move(*request_.mutable_entries(static_cast<int>(i))));
  }
}

}  // namespace objectstore::bigtable
