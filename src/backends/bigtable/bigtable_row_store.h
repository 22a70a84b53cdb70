// Rows of objects in a Bigtable table: each request of the change protocol is one
// CheckAndMutateRow (docs/adr/0001-change-protocol.md, docs/formats/bigtable-rows.md).
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "backends/bigtable/row_mapping.h"
#include "backends/bigtable/table_client.h"
#include "runtime/clock.h"
#include "storage/listing.h"
#include "storage/row_store.h"

namespace objectstore {

// The table collects inline rows, stamps and intents by itself. Requests judge less of a condition
// than the interface allows to ask, but all that can be read: a redirect, which is written into
// its row once and never again, stands for the stamp that was written with it.
//
// Deadlines are cut to whole milliseconds. Metadata reads see no size where other writers left it
// out, and no object that has only a payload.
class BigtableRowStore final : public RowStore, public RowSweeper, public RowLister {
 public:
  // The references outlive the store. `clock` is what bumps and reads hold deadlines against.
  BigtableRowStore(bigtable::TableClient& table, Clock& clock,
                   bigtable::ExpiringRedirects redirects)
      : table_(table), clock_(clock), redirects_(redirects) {}

  Task<Result<Row>> read(std::string_view key, RowPart part) override;
  Task<Mutation> write_unless_redirect(std::string_view key, const RowState& state,
                                       const Stamp& stamp) override;
  Task<Mutation> open_intent(std::string_view key, const AttemptId& attempt,
                             const IntentCondition& condition) override;
  Task<Mutation> commit(std::string_view key, const AttemptId& attempt, const RowState& state,
                        const Stamp& stamp) override;
  Task<Result<FenceFound>> fence(std::string_view key, const AttemptId& attempt) override;
  Task<Mutation> bump(std::string_view key, const Row& as_read, WallTime deadline) override;

  // Finds redirects with ExpiringRedirects::kept, else nothing: the table collects them.
  Task<Result<Sweep>> sweep(WallTime now, std::string from, std::size_t limit) override;
  Task<Result<void>> reclaim() override;

  Task<Result<RowPage>> list_rows(std::string from, std::size_t limit) override;
  Task<Result<ListedRow>> inspect(std::string_view key) override;

  // How many redirects of each old form have been read.
  struct LegacyReads {
    std::uint64_t in_metadata = 0;
    std::uint64_t empty_target = 0;
  };
  [[nodiscard]] LegacyReads legacy_reads() const;

 private:
  using Outcome = bigtable::Checked::Outcome;
  using CheckAndMutate = bigtable::wire::CheckAndMutateRowRequest;

  [[nodiscard]] Task<Mutation> mutate(CheckAndMutate request, Outcome applied);
  [[nodiscard]] Task<Mutation> bump_inline(std::string key, std::optional<Stamp> stamp,
                                           WallTime present, WallTime deadline);
  [[nodiscard]] CheckAndMutate bump_redirect(std::string_view key, const RedirectRow& present,
                                             WallTime deadline) const;
  [[nodiscard]] Result<bigtable::DecodedRow> decode(bigtable::TableRow row, RowPart part,
                                                    WallTime now);
  [[nodiscard]] ListedRow listed_row(bigtable::TableRow row, WallTime now);

  bigtable::TableClient& table_;
  Clock& clock_;
  const bigtable::ExpiringRedirects redirects_;
  std::atomic<std::uint64_t> legacy_in_metadata_ = 0;
  std::atomic<std::uint64_t> legacy_empty_target_ = 0;
};

}  // namespace objectstore
