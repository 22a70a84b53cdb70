// Requests per second: of the process, a usecase, a list of scopes, a rule.
#pragma once

#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/object_id.h"
#include "service/bucket_map.h"
#include "service/rate_limiter.h"
#include "service/rate_shares.h"
#include "service/settings.h"
#include "service/throughput_bucket.h"

namespace objectstore {

// Any thread may call.
class ThroughputLimiter {
 public:
  explicit ThroughputLimiter(const ThroughputLimits& limits);

  [[nodiscard]] bool has_limits() const { return global_ || !rules_.empty(); }
  // Takes a token of each bucket that the request falls under, up to the first one that has none.
  [[nodiscard]] std::optional<RateLimitReason> admit(std::string_view usecase, const Scopes& scopes,
                                                     MonotonicTime now);
  [[nodiscard]] BucketCounts buckets() const;

 private:
  struct Rule {
    ThroughputRule condition;
    ThroughputBucket bucket;
    [[nodiscard]] bool matches(std::string_view usecase, const Scopes& scopes) const;
  };
  using Buckets = BucketMap<ThroughputBucket>;
  static bool take_of(std::optional<Buckets>& buckets, std::string_view key, MonotonicTime now);

  mutable std::mutex mutex_;
  std::optional<ThroughputBucket> global_;
  std::optional<Buckets> usecases_;
  std::optional<Buckets> scopes_;
  std::vector<Rule> rules_;
};

}  // namespace objectstore
