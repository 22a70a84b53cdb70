#include "service/throughput_limiter.h"

#include <algorithm>

namespace objectstore {

namespace {

std::optional<BucketMap<ThroughputBucket>> shares_of(const ThroughputLimits& limits,
                                                     std::optional<std::uint8_t> pct) {
  if (!limits.global_rps || !pct) return std::nullopt;
  const ThroughputRate rate{share_of(*limits.global_rps, *pct), limits.burst};
  return BucketMap<ThroughputBucket>(most_buckets,
                                     [rate] { return std::make_shared<ThroughputBucket>(rate); });
}

// The smaller one of those that a rule has.
std::optional<std::uint64_t> rate_of(const ThroughputRule& rule, const ThroughputLimits& limits) {
  std::optional<std::uint64_t> rate;
  if (rule.rps) rate = *rule.rps;
  if (rule.pct && limits.global_rps) {
    const auto share = share_of(*limits.global_rps, *rule.pct);
    rate = std::min(rate.value_or(share), share);
  }
  return rate;
}

}  // namespace

ThroughputLimiter::ThroughputLimiter(const ThroughputLimits& limits)
    : usecases_(shares_of(limits, limits.usecase_pct)),
      scopes_(shares_of(limits, limits.scope_pct)) {
  if (limits.global_rps) global_.emplace(ThroughputRate{*limits.global_rps, limits.burst});
  rules_.reserve(limits.rules.size());
  for (const auto& rule : limits.rules) {
    if (const auto rate = rate_of(rule, limits)) {
      rules_.push_back({rule, ThroughputBucket({*rate, limits.burst})});
    }
  }
}

bool ThroughputLimiter::Rule::matches(std::string_view usecase, const Scopes& scopes) const {
  if (condition.usecase && *condition.usecase != usecase) return false;
  return std::all_of(condition.scopes.begin(), condition.scopes.end(),
                     [&](const auto& scope) { return scopes.find(scope.first) == scope.second; });
}

bool ThroughputLimiter::take_of(std::optional<Buckets>& buckets, std::string_view key,
                                MonotonicTime now) {
  const auto is_full = [now](ThroughputBucket& bucket) { return bucket.is_full(now); };
  return !buckets || buckets->get(key, is_full)->take(now);
}

std::optional<RateLimitReason> ThroughputLimiter::admit(std::string_view usecase,
                                                        const Scopes& scopes, MonotonicTime now) {
  const auto key = scopes_ ? scopes_key(scopes) : std::string();
  const std::lock_guard lock(mutex_);
  if (global_ && !global_->take(now)) return RateLimitReason::throughput_global;
  if (!take_of(usecases_, usecase, now)) return RateLimitReason::throughput_usecase;
  if (!take_of(scopes_, key, now)) return RateLimitReason::throughput_scope;
  for (auto& rule : rules_) {
    if (rule.matches(usecase, scopes) && !rule.bucket.take(now)) {
      return RateLimitReason::throughput_rule;
    }
  }
  return std::nullopt;
}

BucketCounts ThroughputLimiter::buckets() const {
  const std::lock_guard lock(mutex_);
  return {usecases_ ? usecases_->size() : 0, scopes_ ? scopes_->size() : 0};
}

}  // namespace objectstore
