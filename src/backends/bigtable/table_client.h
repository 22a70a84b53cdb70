// Requests to one Bigtable table, as the stores of this room make them.
//
// Outcomes are kept apart as the change protocol needs them: only what is idempotent is sent again
// (reads, blind mutations whose cells carry their own timestamps), with jittered back-off, within a
// retry budget of the process and the deadline of the request.
#pragma once

#include <google/bigtable/v2/bigtable.pb.h>
#include <google/bigtable/v2/data.pb.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/task.h"

namespace objectstore::bigtable {

namespace wire = ::google::bigtable::v2;

struct Cell {
  std::string family;
  std::string qualifier;
  std::int64_t time_us = 0;
  std::string value;
  std::vector<std::string> labels = {};  // of filters that apply any; none here does
};

struct TableRow {
  std::string key;
  std::vector<Cell> cells;  // as the server orders them: family, qualifier, newest first
};

struct KeyRange {
  std::string from;  // keys in [from, to)
  std::string to;    // empty: to the end of the table
};

struct RowMutations {
  std::string key;
  std::vector<wire::Mutation> mutations;  // applied in order, atomically
};

struct RowsPage {
  std::vector<TableRow> rows;
  std::string next;  // go on from here; empty: that was all of the range
};

// What became of a compare-and-mutate.
struct Checked {
  enum class Outcome : std::uint8_t {
    matched,      // the predicate matched: the true mutations are applied
    not_matched,  // the false ones
    failed,       // certainly neither, now or later
    unknown,      // either may be applied, now or at any later time
  };
  Outcome outcome = Outcome::failed;
  std::optional<Error> cause;  // set for failed and unknown
};

// Any thread may call, on an executor that runs one coroutine at a time. Errors name the request
// and what to do: unavailable and deadline_exceeded (retryable; also quota), io (no such table or
// family, no permission), invalid_argument and payload_too_large (refused before sending), corrupt
// (an answer that can't be understood), internal (the service rejects a request of this program).
class TableClient {
 public:
  virtual ~TableClient() = default;

  // The cells of one row that pass `filter` (null: all); nullopt: none do. Filters are compared by
  // address when concurrent reads are joined into one request, and must outlive the client.
  [[nodiscard]] virtual Task<Result<std::optional<TableRow>>> read_row(
      std::string key, const wire::RowFilter* filter) = 0;

  // Up to `limit` (at least 1) rows of the range that have cells passing `filter`, in key order.
  // Resumed where the stream breaks; an error is never a short answer.
  [[nodiscard]] virtual Task<Result<std::vector<TableRow>>> read_rows(KeyRange range,
                                                                      const wire::RowFilter& filter,
                                                                      std::size_t limit) = 0;

  // The same for walks over much of a table: where the time for the request runs out when some of
  // the range was looked at, what was found there, and the place to go on from.
  [[nodiscard]] virtual Task<Result<RowsPage>> read_page(KeyRange range,
                                                         const wire::RowFilter& filter,
                                                         std::size_t limit) = 0;

  // Unconditional, and sent again where the outcome is unknown: only for mutations that may be
  // applied twice, and late. An error: may be applied or not.
  [[nodiscard]] virtual Task<Result<void>> mutate_row(RowMutations row) = 0;
  // The same for many rows, in few requests. An error: some may be applied.
  [[nodiscard]] virtual Task<Result<void>> mutate_rows(std::vector<RowMutations> rows) = 0;

  // Sent once; again only where it certainly has not reached the server.
  // `request` without table name and app profile: they are filled in.
  [[nodiscard]] virtual Task<Checked> check_and_mutate(wire::CheckAndMutateRowRequest request) = 0;
};

}  // namespace objectstore::bigtable
