// Takes out of a table what only this program understands, so that the existing service can go on
// with it (`objectstore bigtable strip`). The service must be stopped, and the change log empty.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "backends/bigtable/table_client.h"
#include "runtime/clock.h"

namespace objectstore::bigtable {

// What has been done so far.
struct StripReport {
  std::uint64_t cleaned = 0;  // rows whose stamps and intents were removed
  std::uint64_t moved = 0;    // of those: redirects that the table collects from now on
  // Rows that were left as they are, and some of their keys: with an intent of the last hour, or
  // changed meanwhile; and those that can't be read.
  std::uint64_t busy = 0;
  std::uint64_t unreadable = 0;
  std::vector<std::string> left_alone;
  std::string next;  // go on from here; empty: that was all
};

struct StripSettings {
  std::size_t rows_per_request = 500;
  std::size_t keys_told = 100;  // of rows left alone
};

class TableStrip {
 public:
  using Progress = std::function<void(const StripReport&)>;

  // The references outlive the object.
  TableStrip(TableClient& table, Clock& clock, StripSettings settings)
      : table_(table), clock_(clock), settings_(settings) {}

  // From the position of an earlier report (empty: from the start) to the end, with `progress`
  // after every request. What was stopped by an error can be begun again, anywhere before it.
  [[nodiscard]] Task<Result<StripReport>> run(std::string from, Progress progress);

 private:
  // What one row needs.
  [[nodiscard]] Task<Result<void>> strip(TableRow row, std::vector<RowMutations>& cleaning,
                                         StripReport& report);
  void leave(std::uint64_t& count, std::string key, StripReport& report) const;

  TableClient& table_;
  Clock& clock_;
  const StripSettings settings_;
};

}  // namespace objectstore::bigtable
