// The change log as rows of a Bigtable table, which may be another one than that of the objects
// (docs/formats/changelog.md; storage-formats.md section 5).
#pragma once

#include <optional>

#include "backends/bigtable/log_cells.h"
#include "backends/bigtable/quarantine_cell.h"
#include "backends/bigtable/table_client.h"
#include "changelog/change_log.h"
#include "runtime/random.h"

namespace objectstore {

// Log and quarantine are different rows, and no request changes two of them at once. So an entry
// on its way from one to the other lies in both for a moment, and stays so where the process dies
// then; it never lies in neither. What is settled twice is settled to nothing.
//
// Times beyond what a cell can hold are kept as the last one that it can.
class BigtableChangeLog final : public ChangeLog {
 public:
  // The references outlive the log.
  BigtableChangeLog(bigtable::TableClient& table, Random& random)
      : table_(table), random_(random) {}

  [[nodiscard]] bool durable() const override { return true; }
  Task<Result<void>> record(const std::vector<LogEntry>& entries, EntryTime time) override;
  Task<Result<void>> remove(std::string_view key) override;
  Task<Mutation> exchange(std::string_view key, const std::optional<UploadState>& expected,
                          const std::optional<LogEntry>& next, EntryTime time) override;
  Task<Result<std::vector<ScannedEntry>>> scan(const ScanRequest& request) override;
  Task<Mutation> claim(const ScannedEntry& entry, EntryTime now) override;
  Task<Mutation> quarantine(const ScannedEntry& entry, std::string_view reason,
                            EntryTime now) override;
  Task<Result<std::vector<QuarantinedEntry>>> quarantined(EntryTime before, std::string_view after,
                                                          std::size_t limit) override;
  Task<Result<void>> release(const QuarantinedEntry& entry, EntryTime time) override;
  Task<Mutation> drop(const QuarantinedEntry& entry) override;

 private:
  using QuarantineRow = bigtable::QuarantineRow;

  [[nodiscard]] Task<Mutation> put_aside(std::string key, std::int64_t seen, std::string reason,
                                         EntryTime now);
  [[nodiscard]] Task<Result<std::optional<QuarantineRow>>> read_quarantine(std::string key);
  // Writes the entry into the log, where it is missing there or plain.
  [[nodiscard]] Task<Result<void>> put_back(std::string key, bigtable::LogCells entry);
  [[nodiscard]] Task<Result<void>> remove_from_quarantine(std::string key,
                                                          std::vector<std::string> columns);

  bigtable::TableClient& table_;
  Random& random_;
};

}  // namespace objectstore
