#include "app/bigtable_tier.h"

#include "backends/bigtable/bigtable_change_log.h"
#include "runtime/task_scope.h"

namespace objectstore {

namespace {

constexpr Duration first_contact_interval = std::chrono::seconds(1);

}  // namespace

Result<std::unique_ptr<RowTier>> BigtableTier::make(const BigtableStorage& config,
                                                    bigtable::TableUse use,
                                                    bigtable::ExpiringRedirects redirects,
                                                    const Machine& machine) {
  TRY_ASSIGN(auto connection, BigtableConnection::make(config, machine));
  return std::unique_ptr<RowTier>(
      std::make_unique<BigtableTier>(std::move(connection), use, redirects, machine));
}

BigtableTier::BigtableTier(std::unique_ptr<BigtableConnection> connection, bigtable::TableUse use,
                           bigtable::ExpiringRedirects redirects, const Machine& machine)
    : machine_(machine),
      use_(use),
      connection_(std::move(connection)),
      table_(connection_->data(), machine.clock, machine.random, connection_->table_settings()),
      rows_(table_, machine.clock, redirects) {
  if (machine.metrics != nullptr) show(*machine.metrics);
}

void BigtableTier::show(Metrics& metrics) {
  // A log in a table of its own has counts of its own.
  requests_.emplace(metrics, use_.rows ? "bigtable" : "bigtable_changelog",
                    [this] { return table_.request_counts(); });
  if (!use_.rows) return;
  auto& in_metadata = metrics.counter("objectstore_bigtable_legacy_redirects_read_total",
                                      "Redirects read in the form that lies in the metadata.",
                                      "bigtable.legacy_tombstone_read");
  auto& empty_target = metrics.counter("objectstore_bigtable_empty_redirects_read_total",
                                       "Redirects read that name no blob but their own row's.",
                                       "bigtable.empty_redirect_read");
  legacy_reads_ = metrics.before_reading([this, &in_metadata, &empty_target] {
    const auto reads = rows_.legacy_reads();
    in_metadata.raise_to(reads.in_metadata);
    empty_target.raise_to(reads.empty_target);
  });
}

std::unique_ptr<ChangeLog> BigtableTier::make_change_log() {
  return std::make_unique<BigtableChangeLog>(table_, machine_.random);
}

Task<Result<void>> BigtableTier::connect() {
  if (connection_->is_emulator()) co_return Result<void>();
  CO_TRY(co_await connection_->authorize());
  co_return co_await check_table();
}

Task<Result<void>> BigtableTier::check_table() {
  bigtable::TableSetup setup(connection_->admin(), machine_.clock, machine_.logger,
                             connection_->admin_settings());
  CO_TRY_ASSIGN(const auto problems, co_await setup.check(use_));
  std::string fatal;
  for (const auto& problem : problems) {
    if (!problem.fatal) {
      machine_.logger.warn("the Bigtable table is not as expected", {{"problem", problem.text}});
      continue;
    }
    if (!fatal.empty()) fatal += "; ";
    fatal += problem.text;
  }
  if (!fatal.empty()) co_return Error(ErrorCode::invalid_argument, std::move(fatal));
  co_return Result<void>();
}

Task<void> BigtableTier::run() {
  if (!connection_->is_emulator()) co_return;
  std::string told;
  while (true) {
    const auto checked = co_await check_table();
    if (checked.ok()) co_return;
    auto problem = checked.error().describe();
    if (problem != told) {
      machine_.logger.error("the Bigtable table can't be used", {{"problem", problem}});
      told = std::move(problem);
    }
    co_await machine_.clock.sleep_for(first_contact_interval);
    const bool stopping = co_await stop_requested();
    if (stopping) co_return;
  }
}

}  // namespace objectstore
