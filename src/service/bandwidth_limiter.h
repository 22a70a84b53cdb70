// Bytes per second: of the process, a usecase, a list of scopes.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "model/object_id.h"
#include "service/bandwidth_bucket.h"
#include "service/bucket_map.h"
#include "service/rate_limiter.h"
#include "service/rate_shares.h"
#include "service/settings.h"

namespace objectstore {

// Any thread may call.
class BandwidthLimiter {
 public:
  explicit BandwidthLimiter(const BandwidthLimits& limits);

  // Whether bytes are accounted, and whether debts lead to refusals.
  [[nodiscard]] bool accounts() const { return global_.has_value(); }
  [[nodiscard]] bool refuses() const { return accounts() && !report_only_; }

  // Looks only. A usecase or scope that has transferred nothing yet has no debt.
  [[nodiscard]] std::optional<RateLimitReason> admit(std::string_view usecase, const Scopes& scopes,
                                                     MonotonicTime now) const;

  // The buckets of one request, as long as it runs; null where there are no such limits.
  struct Shares {
    std::shared_ptr<BandwidthBucket> usecase;
    std::shared_ptr<BandwidthBucket> scope;
  };
  [[nodiscard]] bool has_shares() const { return usecases_.buckets || scopes_.buckets; }
  [[nodiscard]] Shares shares(std::string_view usecase, const Scopes& scopes, MonotonicTime now);
  // Precondition: accounts().
  void spend(std::uint64_t bytes, const Shares* shares, MonotonicTime now);

  [[nodiscard]] BucketCounts buckets() const;

 private:
  struct Share {
    explicit Share(const BandwidthLimits& limits, std::optional<std::uint8_t> pct);
    [[nodiscard]] bool admits(std::string_view key, MonotonicTime now, Duration tolerated) const;
    [[nodiscard]] std::shared_ptr<BandwidthBucket> get(std::string_view key, MonotonicTime now);

    bool nothing = false;  // a share of zero: no bucket is needed to say no
    std::optional<BucketMap<BandwidthBucket>> buckets;
  };

  const bool report_only_;
  const Duration tolerated_;
  std::optional<BandwidthBucket> global_;
  mutable std::mutex mutex_;  // of the shares
  Share usecases_;
  Share scopes_;
};

}  // namespace objectstore
