// Walks over whole tiers, for audits: in key order, page by page, beside other work.
//
// A listing that fails half-way is an error, never a short answer: from what is missing in it
// nothing may be concluded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/object_id.h"
#include "runtime/task.h"
#include "storage/row_store.h"

namespace objectstore {

struct ListedRow {
  std::string key;
  Row row;                              // without payload
  std::vector<AttemptId> open_intents;  // of attempts that may still commit
  std::string problem;                  // not empty: the row can't be read, `row` says nothing
};

struct RowPage {
  std::vector<ListedRow> rows;
  std::string next;  // go on from here; empty: that was all
};

// Any thread may call.
class RowLister {
 public:
  virtual ~RowLister() = default;

  // Up to `limit` (at least 1) rows from the position `from` of an earlier page on (empty: from the
  // start); a page may be short and not the last. Rows that hold only a stamp or intents may be
  // among them, as absent ones. Rows written meanwhile may be missing. Errors: unavailable, io.
  [[nodiscard]] virtual Task<Result<RowPage>> list_rows(std::string from, std::size_t limit) = 0;

  // The row as it is now; absent rows are no error.
  [[nodiscard]] virtual Task<Result<ListedRow>> inspect(std::string_view key) = 0;
};

struct ListedBlob {
  std::string name;                  // as the store calls it: a file, an object's key
  std::optional<Revision> revision;  // unset: it can't be told, `problem` says why
  std::uint64_t size = 0;            // bytes of payload; 0 where unreadable
  WallTime written;                  // by the store's clock
  std::string problem;
  // From then on the store deletes it by itself, sooner or later; unset: it never does.
  std::optional<WallTime> expires = {};
};

struct BlobPage {
  std::vector<ListedBlob> blobs;
  std::string next;  // go on from here; empty: that was all
};

// Any thread may call.
class BlobLister {
 public:
  virtual ~BlobLister() = default;

  // Up to `limit` (at least 1) blobs from the position `from` of an earlier page on (empty: from
  // the start), in the order of their names. Blobs written or deleted meanwhile may be missing.
  [[nodiscard]] virtual Task<Result<BlobPage>> list_blobs(std::string from, std::size_t limit) = 0;
};

}  // namespace objectstore
