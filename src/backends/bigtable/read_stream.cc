#include "backends/bigtable/read_stream.h"

#include <google/bigtable/v2/bigtable.pb.h>

#include <utility>

namespace objectstore::bigtable {
namespace {

Error foreign_rows() {
  return {ErrorCode::corrupt, "Bigtable sent rows that were not asked for"};
}

}  // namespace

std::string read_rows_message(const TableSettings& settings, const wire::RowSet& rows,
                              const wire::RowFilter* filter, std::size_t limit) {
  wire::ReadRowsRequest request;
  request.set_table_name(settings.table);
  request.set_app_profile_id(settings.app_profile);
  *request.mutable_rows() = rows;
  if (filter != nullptr) *request.mutable_filter() = *filter;
  request.set_rows_limit(static_cast<std::int64_t>(limit));
  return request.SerializeAsString();
}

ReadStream::ReadStream(TableChannel& channel, Operation operation, RowsWanted wanted,
                       const wire::RowFilter* filter, std::size_t limit)
    : channel_(channel),
      operation_(std::move(operation)),
      wanted_(std::move(wanted)),
      filter_(filter),
      left_(limit) {}

Task<Result<std::vector<TableRow>>> ReadStream::next() {
  while (!ended_) {
    if (!attempt_) {
      // An empty row set would be the whole table.
      if (exhausted()) break;
      co_await begin_attempt();
    }
    auto rows = co_await attempt_->next();
    if (!rows.ok()) co_return rows;
    if (attempt_->last_key() != last_key_) operation_.progress();
    last_key_ = attempt_->last_key();
    if (!rows->empty()) {
      CO_TRY(deliver(*rows));
      if (left_ == 0) {
        auto drained = co_await drain();
        CO_TRY(std::move(drained));
      }
      co_return rows;
    }
    const auto status = attempt_->status();
    if (status.ok()) break;
    const auto metadata = attempt_->response_metadata();
    attempt_.reset();
    if (exhausted()) break;
    const bool again = co_await operation_.again(status, metadata);
    if (!again) co_return operation_.error(status);
  }
  ended_ = true;
  attempt_.reset();
  co_return std::vector<TableRow>();
}

Task<void> ReadStream::begin_attempt() {
  attempt_.emplace(last_key_);
  auto message = read_rows_message(channel_.settings, rows_left(), filter_, left_);
  auto request = operation_.request(read_rows_method, std::move(message));
  co_await attempt_->start(channel_.transport, std::move(request));
}

// Whether no row can come any more.
bool ReadStream::exhausted() const {
  if (left_ == 0) return true;
  if (const auto* key = std::get_if<std::string>(&wanted_)) return last_key_ >= *key;
  const auto& range = std::get<KeyRange>(wanted_);
  if (range.to.empty()) return false;
  // The least key above the last one is that with a zero byte added.
  return range.from >= range.to || (!last_key_.empty() && last_key_ + '\0' >= range.to);
}

wire::RowSet ReadStream::rows_left() const {
  wire::RowSet rows;
  if (const auto* key = std::get_if<std::string>(&wanted_)) {
    rows.add_row_keys(*key);
    return rows;
  }
  const auto& range = std::get<KeyRange>(wanted_);
  auto& left = *rows.add_row_ranges();
  if (!last_key_.empty() && last_key_ >= range.from) {
    left.set_start_key_open(last_key_);
  } else if (!range.from.empty()) {
    left.set_start_key_closed(range.from);
  }
  if (!range.to.empty()) left.set_end_key_open(range.to);
  return rows;
}

Result<void> ReadStream::deliver(const std::vector<TableRow>& rows) {
  if (rows.size() > left_) return foreign_rows();
  left_ -= rows.size();
  const auto& first = rows.front().key;
  const auto& last = rows.back().key;
  if (const auto* key = std::get_if<std::string>(&wanted_)) {
    if (first != *key || last != *key) return foreign_rows();
    return {};
  }
  const auto& range = std::get<KeyRange>(wanted_);
  if (first < range.from || (!range.to.empty() && last >= range.to)) return foreign_rows();
  return {};
}

// All rows are there; the call is heard to its end, as dropping it would reset the stream.
Task<Result<void>> ReadStream::drain() {
  const auto rest = co_await attempt_->next();
  if (!rest.ok()) co_return rest.error();
  if (!rest->empty()) co_return foreign_rows();
  co_return Result<void>();
}

}  // namespace objectstore::bigtable
