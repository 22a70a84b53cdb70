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
  std::string from;
  while (true) {
    CO_TRY_ASSIGN(auto sweep, co_await rows_.sweep(clock_.now(), std::move(from), settings_.batch));
    removed += sweep.collected;
    metrics_.expired_removed(sweep.collected);
    for (auto& redirect : sweep.redirects) {
      const bool stopping = co_await stop_requested();
      if (stopping || deleter_ == nullptr) co_return removed;
      const bool done = co_await remove(std::move(redirect));
      if (done) ++removed;
    }
    if (sweep.next.empty()) co_return removed;
    from = std::move(sweep.next);
  }
}

Task<bool> ExpirySweep::remove(ExpiredRedirect expired) {
  const auto key = expired.key;
  const auto done = co_await deleter_->remove_expired(std::move(expired));
  if (done.ok()) {
    if (*done) metrics_.expired_removed(1);
    co_return *done;
  }
  // It must not keep the others waiting; the next pass finds it again.
  logger_.warn("an expired object could not be removed",
               {{"object", key}, {"error", done.error().describe()}});
  co_return false;
}

}  // namespace objectstore
