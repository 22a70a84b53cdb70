#include "tiered/small_write.h"

namespace objectstore {

Task<Result<Tier>> SmallWrite::run(std::string key, RowState state) {
  const auto deadline = context_.request_deadline();
  const Stamp stamp{context_.stamps.next(), make_uuid_v7(context_.clock, context_.random)};
  CO_TRY_ASSIGN(const bool applied, co_await fast_path(key, state, stamp, deadline));
  if (applied) co_return Tier::high_volume;
  CO_TRY_ASSIGN(auto begun, co_await protected_write_.begin(std::move(key), deadline));
  begun.fast_stamp = stamp;
  const auto tier = begun.old_revision() ? Tier::long_term : Tier::high_volume;
  CO_TRY(co_await overwrite(std::move(begun), std::move(state)));
  co_return tier;
}

Task<Result<void>> SmallWrite::overwrite(Begun begun, RowState state) {
  std::optional<ChangeGuard> guard;
  if (begun.old_revision()) {
    if (!context_.settings.has_long_term) {
      // The redirect is the last that knows of the blob.
      co_return Error(ErrorCode::unsupported,
                      "the object lies in a long-term tier, which is not configured");
    }
    auto recorded = co_await protected_write_.record(begun, std::nullopt);
    if (!recorded.ok()) co_return std::move(recorded).error();
    guard.emplace(std::move(*recorded));
  }
  co_return co_await protected_write_.commit(std::move(begun), std::move(state), std::move(guard));
}

Task<Result<bool>> SmallWrite::fast_path(const std::string& key, const RowState& state,
                                         const Stamp& stamp, MonotonicTime deadline) {
  Backoff backoff(context_.settings.backoff, context_.random);
  bool in_doubt = false;
  while (true) {
    const auto written = co_await context_.rows.write_unless_redirect(key, state, stamp);
    switch (written.outcome()) {
      case Mutation::Outcome::applied:
        co_return true;
      case Mutation::Outcome::refused: {
        if (!in_doubt) co_return false;
        // Either an earlier copy was applied, or somebody came before all of them.
        CO_TRY_ASSIGN(const auto row, co_await context_.read_row(key, RowPart::metadata, deadline));
        if (row.stamp == stamp) co_return true;
        // Whether ours was applied before can't be known; going on would apply it twice.
        co_return Error(ErrorCode::unavailable, "the outcome of the write is not known");
      }
      case Mutation::Outcome::failed:
        co_return written.cause();
      case Mutation::Outcome::unknown: {
        in_doubt = true;
        const bool again = co_await context_.pause(backoff, deadline);
        if (!again) co_return written.cause();
        break;
      }
    }
  }
}

}  // namespace objectstore
