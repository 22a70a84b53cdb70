// What an outcome of the table means to those who asked.
#pragma once

#include <utility>

#include "backends/bigtable/table_client.h"
#include "storage/row_store.h"

namespace objectstore::bigtable {

// The cause of an outcome that failed or is unknown.
[[nodiscard]] inline Error cause_of(Checked checked) {
  if (checked.cause) return *std::move(checked.cause);
  return Error(ErrorCode::internal, "the table gave no reason");
}

// `applied` is the branch that holds the mutations.
[[nodiscard]] inline Mutation to_mutation(Checked checked, Checked::Outcome applied) {
  switch (checked.outcome) {
    case Checked::Outcome::matched:
    case Checked::Outcome::not_matched:
      return checked.outcome == applied ? Mutation::applied() : Mutation::refused();
    case Checked::Outcome::failed:
      return Mutation::failed(cause_of(std::move(checked)));
    case Checked::Outcome::unknown:
      break;
  }
  return Mutation::unknown(cause_of(std::move(checked)));
}

}  // namespace objectstore::bigtable
