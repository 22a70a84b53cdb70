#include "backends/bigtable/request_limits.h"

#include <string>

namespace objectstore::bigtable {
namespace {

Error too_large(std::string_view what, std::size_t size, std::size_t limit) {
  return {ErrorCode::payload_too_large,
          std::string(what) + " of " + std::to_string(size) +
              " bytes is more than Bigtable holds: " + std::to_string(limit)};
}

Result<void> check_cell(const wire::Mutation::SetCell& cell) {
  if (cell.value().size() > longest_cell) {
    return too_large("a cell", cell.value().size(), longest_cell);
  }
  if (cell.column_qualifier().size() > longest_qualifier) {
    return Error(ErrorCode::invalid_argument, "a column qualifier of more than 16 KiB");
  }
  return {};
}

}  // namespace

Result<void> check_row_key(std::string_view key) {
  if (key.empty()) return Error(ErrorCode::invalid_argument, "an empty row key");
  if (key.size() <= longest_row_key) return {};
  return Error(ErrorCode::invalid_argument, "a row key of " + std::to_string(key.size()) +
                                                " bytes is longer than Bigtable's " +
                                                std::to_string(longest_row_key));
}

Result<void> check_mutations(const MutationList& mutations) {
  if (mutations.size() > most_mutations) {
    return Error(ErrorCode::invalid_argument,
                 std::to_string(mutations.size()) +
                     " mutations of one row are more than Bigtable's " +
                     std::to_string(most_mutations));
  }
  std::size_t bytes = 0;
  for (const auto& mutation : mutations) {
    if (!mutation.has_set_cell()) continue;
    TRY(check_cell(mutation.set_cell()));
    bytes += mutation.set_cell().value().size();
  }
  if (bytes > longest_request) return too_large("a row", bytes, longest_request);
  return {};
}

Result<void> check_row(std::string_view key, const MutationList& mutations) {
  TRY(check_row_key(key));
  if (mutations.empty()) return Error(ErrorCode::invalid_argument, "a write without mutations");
  return check_mutations(mutations);
}

}  // namespace objectstore::bigtable
