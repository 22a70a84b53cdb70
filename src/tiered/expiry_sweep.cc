#include "tiered/expiry_sweep.h"

#include "runtime/task_scope.h"

namespace objectstore {

Task<Result<bool>> ProtectedExpiry::remove_expired(ExpiredRedirect expired) {
  auto begun =
      co_await protected_write_.begin_expiry(std::move(expired.key), std::move(expired.row));
  if (!begun) co_return false;
  RowState state = AbsentRow{};
  CO_TRY(co_await small_write_.overwrite(std::move(*begun), std::move(state)));
  co_return true;
}

Task<void> ExpirySweep::run() {
  while (true) {
    const bool stopping = co_await stop_requested();
    if (stopping) break;
    co_await clock_.sleep_for(settings_.interval);
    const auto removed = co_await pass();
    if (!removed.ok()) {
      logger_.warn("expired objects could not be removed", {{"error", removed.error().describe()}});
    }
    if (const auto reclaimed = co_await rows_.reclaim(); !reclaimed.ok()) {
      logger_.warn("space could not be given back", {{"error", reclaimed.error().describe()}});
    }
  }
}

Task<Result<std::size_t>> ExpirySweep::pass() {
  std::size_t removed = 0;
  while (true) {
    const bool stopping = co_await stop_requested();
    if (stopping) break;
    CO_TRY_ASSIGN(auto sweep, co_await rows_.sweep(clock_.now(), settings_.batch));
    std::size_t progress = sweep.collected;
    for (auto& redirect : sweep.redirects) {
      if (deleter_ == nullptr) break;
      CO_TRY_ASSIGN(const bool done, co_await deleter_->remove_expired(std::move(redirect)));
      if (done) ++progress;
    }
    removed += progress;
    // Without progress the same rows would be found again: let the next interval try.
    if (!sweep.more || progress == 0) break;
  }
  co_return removed;
}

}  // namespace objectstore
