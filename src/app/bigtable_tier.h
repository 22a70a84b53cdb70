// Rows, a change log, or both in a Bigtable table.
#pragma once

#include <memory>
#include <optional>

#include "app/bigtable_connection.h"
#include "app/row_tier.h"
#include "backends/bigtable/bigtable_row_store.h"
#include "backends/bigtable/rpc_table_client.h"
#include "cloud/store_request_metrics.h"

namespace objectstore {

class BigtableTier final : public RowTier {
 public:
  // Sends nothing before connect(). Errors: invalid_argument. `redirects`: what becomes of those
  // whose deadline has passed, which depends on the long-term tier.
  [[nodiscard]] static Result<std::unique_ptr<RowTier>> make(const BigtableStorage& config,
                                                             bigtable::TableUse use,
                                                             bigtable::ExpiringRedirects redirects,
                                                             const Machine& machine);
  BigtableTier(std::unique_ptr<BigtableConnection> connection, bigtable::TableUse use,
               bigtable::ExpiringRedirects redirects, const Machine& machine);

  // Fails where the table can't be used. Behind an emulator's endpoint it is looked at by run()
  // instead, as soon as that answers: servers may start before it.
  Task<Result<void>> connect() override;
  [[nodiscard]] const char* type() const override { return "bigtable"; }
  RowStore& rows() override { return rows_; }
  RowLister& lister() override { return rows_; }
  RowSweeper& sweeper() override { return rows_; }
  std::unique_ptr<ChangeLog> make_change_log() override;
  [[nodiscard]] bool writable() const override { return true; }
  Task<void> run() override;
  void cancel_reclaim() override {}
  Task<void> give_up() override { return connection_->close(); }
  Task<void> close() override { return connection_->close(); }

 private:
  [[nodiscard]] Task<Result<void>> check_table();
  void show(Metrics& metrics);

  Machine machine_;
  const bigtable::TableUse use_;
  std::unique_ptr<BigtableConnection> connection_;
  bigtable::RpcTableClient table_;
  BigtableRowStore rows_;
  std::optional<StoreRequestMetrics> requests_;
  Metrics::RefreshHandle legacy_reads_;
};

}  // namespace objectstore
