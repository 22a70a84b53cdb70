#include "maintenance/scrub_context.h"

namespace objectstore {

void ScrubContext::tell(const Finding& finding) {
  ++report.totals.findings;
  ++report.by_kind[static_cast<std::size_t>(finding.kind)];
  if (finding.repaired) ++report.repaired;
  observer_.found(finding);
}

Task<Result<void>> ScrubContext::go_on() {
  const bool stopping = co_await stop_requested();
  if (stopping) co_return Error(ErrorCode::cancelled, "the scrub was asked to stop");
  co_return Result<void>();
}

Task<void> ScrubContext::pay_for(std::uint64_t bytes) {
  const auto rate = options.bytes_per_second;
  if (rate == 0) co_return;
  constexpr std::uint64_t second = 1'000'000'000;
  const auto span = bytes / rate * second + bytes % rate * second / rate;
  paid_until_ = std::max(paid_until_, parts.clock.monotonic_now()) +
                Duration(static_cast<std::int64_t>(span));
  co_await parts.clock.sleep_until(paid_until_);
}

Task<Result<ListedRow>> ScrubContext::inspect(const std::string& key) {
  auto ask = [this, &key] { return parts.rows.inspect(key); };
  co_return co_await insist(ask);
}

Task<Result<std::unique_ptr<BlobReader>>> ScrubContext::open(const Revision& name) {
  auto ask = [this, &name] { return parts.blob_store.open(name); };
  co_return co_await insist(ask);
}

bool same_write(const Row& before, const Row& after) {
  const auto* first = redirect_target(before.state);
  const auto* second = redirect_target(after.state);
  const bool same_target =
      first != nullptr && second != nullptr ? *first == *second : first == second;
  return same_target && before.stamp == after.stamp;
}

}  // namespace objectstore
