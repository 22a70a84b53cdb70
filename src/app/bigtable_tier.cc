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
      rows_(table_, machine.clock, redirects) {}

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
