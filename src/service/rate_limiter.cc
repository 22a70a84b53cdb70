#include "service/rate_limiter.h"

#include <string>
#include <utility>

#include "service/bandwidth_limiter.h"
#include "service/throughput_limiter.h"

namespace objectstore {

std::string_view to_string(RateLimitReason reason) {
  switch (reason) {
    case RateLimitReason::bandwidth_global:
      return "bandwidth_global";
    case RateLimitReason::bandwidth_usecase:
      return "bandwidth_usecase";
    case RateLimitReason::bandwidth_scope:
      return "bandwidth_scope";
    case RateLimitReason::throughput_global:
      return "throughput_global";
    case RateLimitReason::throughput_usecase:
      return "throughput_usecase";
    case RateLimitReason::throughput_scope:
      return "throughput_scope";
    case RateLimitReason::throughput_rule:
      return "throughput_rule";
  }
  return "unknown";
}

class RateLimiter::Impl {
 public:
  Impl(const RateLimits& the_limits, Clock& the_clock, Metrics& metrics, Logger& logger)
      : limits(the_limits),
        clock(the_clock),
        throughput(limits.throughput),
        bandwidth(limits.bandwidth),
        bytes(metrics.counter("objectstore_transferred_bytes_total",
                              "Bytes of payloads received and sent", "server.bandwidth.bytes")),
        admitted(metrics.counter("objectstore_admitted_requests_total",
                                 "Requests and operations of batches that no rate limit refused")),
        logger_(logger),
        rejected_(metrics.counters({"objectstore_rate_limited_total",
                                    "Requests and operations of batches that a rate limit refused",
                                    "server.request.rate_limited",
                                    {"reason", "usecase"},
                                    "usecase"})) {
    set_limits(metrics);
    watch_buckets(metrics);
  }

  std::optional<RateLimitReason> admit(std::string_view usecase, const Scopes& scopes,
                                       std::string_view request_id) {
    const auto reason = find_refusal(usecase, scopes);
    if (!reason) {
      admitted.add();
      return std::nullopt;
    }
    rejected_.with({to_string(*reason), usecase}).add();
    logger_.warn("request is rate limited", {{"reason", std::string(to_string(*reason))},
                                             {"usecase", std::string(usecase)},
                                             {"request_id", std::string(request_id)}});
    return reason;
  }

  void spend(std::uint64_t count, const BandwidthLimiter::Shares* shares) {
    bytes.add(count);
    if (bandwidth.accounts()) bandwidth.spend(count, shares, clock.monotonic_now());
  }

  const RateLimits limits;
  Clock& clock;
  ThroughputLimiter throughput;
  BandwidthLimiter bandwidth;
  Counter& bytes;
  Counter& admitted;

 private:
  std::optional<RateLimitReason> find_refusal(std::string_view usecase, const Scopes& scopes) {
    if (!bandwidth.refuses() && !throughput.has_limits()) return std::nullopt;
    const auto now = clock.monotonic_now();
    if (const auto reason = bandwidth.admit(usecase, scopes, now)) return reason;
    return throughput.admit(usecase, scopes, now);
  }

  void set_limits(Metrics& metrics) const {
    if (limits.bandwidth.global_bps) {
      metrics
          .gauge("objectstore_bandwidth_limit_bytes_per_second",
                 "Bytes that may be transferred in a second", "server.bandwidth.limit")
          .set(static_cast<double>(*limits.bandwidth.global_bps));
    }
    if (limits.throughput.global_rps) {
      metrics
          .gauge("objectstore_throughput_limit_requests_per_second",
                 "Requests that are admitted in a second", "server.rate_limiter.throughput.limit")
          .set(static_cast<double>(*limits.throughput.global_rps));
    }
  }

  void watch_buckets(Metrics& metrics) {
    auto& bandwidth_usecases = metrics.gauge("objectstore_bandwidth_usecase_buckets",
                                             "Usecases with a bandwidth of their own",
                                             "server.rate_limiter.bandwidth.usecase_map_size");
    auto& bandwidth_scopes =
        metrics.gauge("objectstore_bandwidth_scope_buckets", "Scopes with a bandwidth of their own",
                      "server.rate_limiter.bandwidth.scope_map_size");
    auto& throughput_usecases = metrics.gauge("objectstore_throughput_usecase_buckets",
                                              "Usecases with a throughput of their own",
                                              "server.rate_limiter.throughput.usecase_map_size");
    auto& throughput_scopes = metrics.gauge("objectstore_throughput_scope_buckets",
                                            "Scopes with a throughput of their own",
                                            "server.rate_limiter.throughput.scope_map_size");
    refresher_ = metrics.before_reading([&, this] {
      const auto of_bandwidth = bandwidth.buckets();
      bandwidth_usecases.set(static_cast<double>(of_bandwidth.usecases));
      bandwidth_scopes.set(static_cast<double>(of_bandwidth.scopes));
      const auto of_throughput = throughput.buckets();
      throughput_usecases.set(static_cast<double>(of_throughput.usecases));
      throughput_scopes.set(static_cast<double>(of_throughput.scopes));
    });
  }

  Logger& logger_;
  Family<Counter>& rejected_;
  Metrics::RefreshHandle refresher_;  // the last member: the first to go
};

struct RateLimiter::Transfer::Buckets {
  BandwidthLimiter::Shares shares;
};

void RateLimiter::Transfer::spend(std::uint64_t bytes) const {
  if (limiter_ == nullptr) return;
  limiter_->impl_->spend(bytes, buckets_ ? &buckets_->shares : nullptr);
}

RateLimiter::RateLimiter(const RateLimits& limits, Clock& clock, Metrics& metrics, Logger& logger)
    : impl_(std::make_unique<Impl>(limits, clock, metrics, logger)) {}

RateLimiter::~RateLimiter() = default;

std::optional<RateLimitReason> RateLimiter::admit(std::string_view usecase, const Scopes& scopes,
                                                  std::string_view request_id) {
  return impl_->admit(usecase, scopes, request_id);
}

RateLimiter::Transfer RateLimiter::transfer(std::string_view usecase, const Scopes& scopes) {
  Transfer transfer;
  transfer.limiter_ = this;
  if (impl_->bandwidth.has_shares()) {
    const auto now = impl_->clock.monotonic_now();
    transfer.buckets_ = std::make_shared<const Transfer::Buckets>(
        Transfer::Buckets{impl_->bandwidth.shares(usecase, scopes, now)});
  }
  return transfer;
}

std::uint64_t RateLimiter::bytes_total() const {
  return impl_->bytes.value();
}

std::uint64_t RateLimiter::admitted_total() const {
  return impl_->admitted.value();
}

const RateLimits& RateLimiter::limits() const {
  return impl_->limits;
}

}  // namespace objectstore
