#include "service/bandwidth_limiter.h"

#include <algorithm>
#include <string>

namespace objectstore {

namespace {

Duration from_ms(std::uint64_t ms) {
  constexpr std::uint64_t most = Duration::max().count() / 1'000'000;
  return std::chrono::milliseconds(std::min(ms, most));
}

}  // namespace

BandwidthLimiter::Share::Share(const BandwidthLimits& limits, std::optional<std::uint8_t> pct) {
  if (!limits.global_bps || !pct) return;
  const auto rate = share_of(*limits.global_bps, *pct);
  nothing = rate == 0;
  if (nothing) return;
  buckets.emplace(most_buckets, [rate] { return std::make_shared<BandwidthBucket>(rate); });
}

bool BandwidthLimiter::Share::admits(std::string_view key, MonotonicTime now,
                                     Duration tolerated) const {
  if (nothing) return false;
  if (!buckets) return true;
  const auto* const bucket = buckets->find(key);
  return bucket == nullptr || bucket->admits(now, tolerated);
}

std::shared_ptr<BandwidthBucket> BandwidthLimiter::Share::get(std::string_view key,
                                                              MonotonicTime now) {
  if (!buckets) return nullptr;
  return buckets->get(key, [now](const BandwidthBucket& bucket) { return !bucket.has_debt(now); });
}

BandwidthLimiter::BandwidthLimiter(const BandwidthLimits& limits)
    : report_only_(limits.report_only),
      tolerated_(from_ms(limits.burst_ms)),
      usecases_(limits, limits.usecase_pct),
      scopes_(limits, limits.scope_pct) {
  if (limits.global_bps) global_.emplace(*limits.global_bps);
}

std::optional<RateLimitReason> BandwidthLimiter::admit(std::string_view usecase,
                                                       const Scopes& scopes,
                                                       MonotonicTime now) const {
  if (!refuses()) return std::nullopt;
  if (!global_->admits(now, tolerated_)) return RateLimitReason::bandwidth_global;
  const auto key = scopes_.buckets ? scopes_key(scopes) : std::string();
  const std::lock_guard lock(mutex_);
  if (!usecases_.admits(usecase, now, tolerated_)) return RateLimitReason::bandwidth_usecase;
  if (!scopes_.admits(key, now, tolerated_)) return RateLimitReason::bandwidth_scope;
  return std::nullopt;
}

BandwidthLimiter::Shares BandwidthLimiter::shares(std::string_view usecase, const Scopes& scopes,
                                                  MonotonicTime now) {
  const auto key = scopes_.buckets ? scopes_key(scopes) : std::string();
  const std::lock_guard lock(mutex_);
  return {usecases_.get(usecase, now), scopes_.get(key, now)};
}

void BandwidthLimiter::spend(std::uint64_t bytes, const Shares* shares, MonotonicTime now) {
  global_->spend(bytes, now);
  if (shares == nullptr) return;
  if (shares->usecase) shares->usecase->spend(bytes, now);
  if (shares->scope) shares->scope->spend(bytes, now);
}

BucketCounts BandwidthLimiter::buckets() const {
  const std::lock_guard lock(mutex_);
  return {usecases_.buckets ? usecases_.buckets->size() : 0,
          scopes_.buckets ? scopes_.buckets->size() : 0};
}

}  // namespace objectstore
