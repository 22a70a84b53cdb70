#include "backends/bigtable/rpc_table_client.h"

#include <utility>

#include "backends/bigtable/bulk_mutation.h"
#include "backends/bigtable/request_limits.h"

namespace objectstore::bigtable {
namespace {

constexpr std::string_view mutate_row_method = "/google.bigtable.v2.Bigtable/MutateRow";
constexpr std::string_view check_and_mutate_method =
    "/google.bigtable.v2.Bigtable/CheckAndMutateRow";

Result<void> check_limits(const wire::CheckAndMutateRowRequest& request) {
  TRY(check_row_key(request.row_key()));
  TRY(check_mutations(request.true_mutations()));
  return check_mutations(request.false_mutations());
}

Checked without_result(Checked::Outcome outcome, Error cause) {
  Checked checked;
  checked.outcome = outcome;
  checked.cause = std::move(cause);
  return checked;
}

Checked result_of(const std::string& message) {
  wire::CheckAndMutateRowResponse response;
  if (!response.ParseFromString(message)) {
    return without_result(
        Checked::Outcome::unknown,
        Error(ErrorCode::corrupt,
              "Bigtable sent a response to CheckAndMutateRow that is no message"));
  }
  Checked checked;
  checked.outcome =
      response.predicate_matched() ? Checked::Outcome::matched : Checked::Outcome::not_matched;
  return checked;
}

}  // namespace

RpcTableClient::RpcTableClient(RpcTransport& transport, Clock& clock, Random& random,
                               TableSettings settings)
    : channel_(transport, clock, random, std::move(settings)), reads_(channel_) {}

Task<Result<std::optional<TableRow>>> RpcTableClient::read_row(std::string key,
                                                               const wire::RowFilter* filter) {
  CO_TRY(check_row_key(key));
  co_return co_await reads_.read(std::move(key), filter);
}

Task<Result<void>> RpcTableClient::read_range(ReadStream& stream, std::vector<TableRow>& rows) {
  while (true) {
    auto some = co_await stream.next();
    if (!some.ok()) co_return std::move(some).error();
    if (some->empty()) co_return Result<void>();
    for (auto& row : *some)
      rows.push_back(std::move(row));
  }
}

ReadStream RpcTableClient::stream_of(KeyRange range, const wire::RowFilter& filter,
                                     std::size_t limit) {
  Operation operation(channel_, reading_rows, Repeat::idempotent);
  return {channel_, std::move(operation), RowsWanted(std::move(range)), &filter, limit};
}

Task<Result<std::vector<TableRow>>> RpcTableClient::read_rows(KeyRange range,
                                                              const wire::RowFilter& filter,
                                                              std::size_t limit) {
  auto stream = stream_of(std::move(range), filter, limit);
  std::vector<TableRow> rows;
  CO_TRY(co_await read_range(stream, rows));
  co_return rows;
}

Task<Result<RowsPage>> RpcTableClient::read_page(KeyRange range, const wire::RowFilter& filter,
                                                 std::size_t limit) {
  auto stream = stream_of(std::move(range), filter, limit);
  RowsPage page;
  const auto read = co_await read_range(stream, page.rows);
  if (!read.ok()) {
    // Only time is no reason to begin anew.
    const bool late = read.error().code() == ErrorCode::deadline_exceeded;
    if (!late || stream.looked_at().empty()) co_return read.error();
    page.next = stream.looked_at() + '\0';
  } else if (page.rows.size() == limit) {
    page.next = page.rows.back().key + '\0';
  }
  co_return page;
}

Task<Result<void>> RpcTableClient::mutate_row(RowMutations row) {
  wire::MutateRowRequest request;
  request.set_table_name(channel_.settings.table);
  request.set_app_profile_id(channel_.settings.app_profile);
  for (auto& mutation : row.mutations)
    *request.add_mutations() = std::move(mutation);
  CO_TRY(check_row(row.key, request.mutations()));
  request.set_row_key(std::move(row.key));
  Operation operation(channel_, writing_a_row, Repeat::idempotent);
  while (true) {
    auto attempt = operation.request(mutate_row_method, request.SerializeAsString());
    const auto reply = co_await call_unary(channel_.transport, std::move(attempt));
    if (reply.status.ok()) co_return Result<void>();
    const bool again = co_await operation.again(reply.status, reply.metadata);
    if (!again) co_return operation.error(reply.status);
  }
}

Task<Result<void>> RpcTableClient::mutate_rows(std::vector<RowMutations> rows) {
  BulkMutation bulk(channel_);
  for (auto& row : rows)
    CO_TRY(bulk.add(std::move(row)));
  co_return co_await bulk.run();
}

Task<Checked> RpcTableClient::check_and_mutate(wire::CheckAndMutateRowRequest request) {
  auto within = check_limits(request);
  if (!within.ok()) {
    co_return without_result(Checked::Outcome::failed, std::move(within).error());
  }
  request.set_table_name(channel_.settings.table);
  request.set_app_profile_id(channel_.settings.app_profile);
  Operation operation(channel_, changing_a_row, Repeat::never_begun);
  while (true) {
    auto attempt = operation.request(check_and_mutate_method, request.SerializeAsString());
    const auto reply = co_await call_unary(channel_.transport, std::move(attempt));
    if (reply.status.ok()) co_return result_of(reply.message);
    const bool again = co_await operation.again(reply.status, reply.metadata);
    if (again) continue;
    const bool certain =
        reply.status.never_sent || operation.verdict(reply.status) == Verdict::fail;
    const auto outcome = certain ? Checked::Outcome::failed : Checked::Outcome::unknown;
    co_return without_result(outcome, operation.error(reply.status));
  }
}

}  // namespace objectstore::bigtable
