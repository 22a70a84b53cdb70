// The limits of rates beside references that are as simple as the contract's tables.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "service/bandwidth_bucket.h"
#include "service/rate_limiter.h"
#include "service/throughput_bucket.h"
#include "testing/manual_clock.h"

namespace objectstore {
namespace {

__extension__ using Wide = __int128;
constexpr Wide billion = 1'000'000'000;

// Whole tokens and, in billionths, what has come in of the next one. Credited only when the number
// of whole ones rises.
struct ReferenceThroughput {
  Wide rate, capacity;
  Wide tokens = capacity;
  Wide part = 0;
  Wide since = 0;

  bool take(Wide now) {
    const Wide credit = (now - since) * rate + part;
    if (credit >= billion) {
      tokens = std::min(capacity, tokens + credit / billion);
      part = tokens == capacity ? 0 : credit % billion;
      since = now;
    }
    if (tokens == capacity) since = now;  // what is full earns nothing
    if (tokens == 0) return false;
    --tokens;
    return true;
  }
};

struct ReferenceBandwidth {
  Wide rate;
  Wide paid_at = 0;

  void spend(Wide bytes, Wide now) { paid_at = std::max(paid_at, now) + bytes * billion / rate; }
  [[nodiscard]] bool admits(Wide now, Wide burst_ms) const {
    return paid_at <= now + burst_ms * 1'000'000;
  }
};

// Of nanoseconds to hours, most of them short.
rc::Gen<std::int64_t> any_step() {
  return rc::gen::oneOf(rc::gen::just<std::int64_t>(0), rc::gen::inRange<std::int64_t>(1, 100),
                        rc::gen::inRange<std::int64_t>(1, 1'000'000),
                        rc::gen::inRange<std::int64_t>(1, 1'000'000'000),
                        rc::gen::inRange<std::int64_t>(1, 3'600'000'000'000));
}

RC_GTEST_PROP(ThroughputBucket, does_as_the_reference_does, ()) {
  const auto rate = *rc::gen::oneOf(rc::gen::inRange<std::uint64_t>(0, 10),
                                    rc::gen::inRange<std::uint64_t>(0, 10'952'166'603));
  const auto burst = *rc::gen::oneOf(rc::gen::inRange<std::uint64_t>(0, 5),
                                     rc::gen::inRange<std::uint64_t>(0, 4'294'967'296));
  ThroughputBucket bucket({rate, burst});
  ReferenceThroughput reference{Wide{rate}, Wide{rate} + burst};
  Duration now{};
  const auto steps = *rc::gen::container<std::vector<std::pair<std::int64_t, int>>>(
      rc::gen::pair(any_step(), rc::gen::inRange(0, 8)));
  for (const auto& [step, requests] : steps) {
    now += Duration(step);
    for (int i = 0; i < requests; ++i)
      RC_ASSERT(bucket.take(MonotonicTime(now)) == reference.take(now.count()));
  }
}

RC_GTEST_PROP(BandwidthBucket, does_as_the_reference_does, ()) {
  const auto rate = *rc::gen::oneOf(rc::gen::inRange<std::uint64_t>(1, 1000),
                                    rc::gen::inRange<std::uint64_t>(1, 10'000'000'000));
  const auto burst_ms = *rc::gen::inRange<std::int64_t>(0, 5000);
  BandwidthBucket bucket(rate);
  ReferenceBandwidth reference{Wide{rate}};
  Duration now{};
  const auto steps = *rc::gen::container<std::vector<std::pair<std::int64_t, std::uint64_t>>>(
      rc::gen::pair(any_step(), rc::gen::oneOf(rc::gen::inRange<std::uint64_t>(0, 100),
                                               rc::gen::inRange<std::uint64_t>(0, 1 << 20))));
  for (const auto& [step, bytes] : steps) {
    now += Duration(step);
    const MonotonicTime time(now);
    RC_ASSERT(bucket.admits(time, std::chrono::milliseconds(burst_ms)) ==
              reference.admits(now.count(), burst_ms));
    bucket.spend(bytes, time);
    reference.spend(bytes, now.count());
    RC_ASSERT(bucket.has_debt(time) == (reference.paid_at > now.count()));
  }
}

// All of the limits together, with buckets that are never forgotten.
struct ReferenceLimiter {
  explicit ReferenceLimiter(const RateLimits& the_limits) : limits(the_limits) {}

  std::optional<RateLimitReason> admit(const std::string& usecase, const std::string& scopes,
                                       Wide now) {
    const auto& bytes = limits.bandwidth;
    const auto& requests = limits.throughput;
    if (bytes.global_bps && !bytes.report_only) {
      const auto admits = [&](const char* kind, const std::string& key) {
        const auto found = debts.find({kind, key});
        return found == debts.end() || found->second.admits(now, bytes.burst_ms);
      };
      if (!admits("global", "")) return RateLimitReason::bandwidth_global;
      if (bytes.usecase_pct && !admits("usecase", usecase)) {
        return RateLimitReason::bandwidth_usecase;
      }
      if (bytes.scope_pct && !admits("scope", scopes)) return RateLimitReason::bandwidth_scope;
    }
    if (requests.global_rps) {
      const auto rps = *requests.global_rps;
      if (!take("global", "", rps, now)) return RateLimitReason::throughput_global;
      if (const auto pct = requests.usecase_pct;
          pct && !take("usecase", usecase, rps * *pct / 100, now)) {
        return RateLimitReason::throughput_usecase;
      }
      if (const auto pct = requests.scope_pct;
          pct && !take("scope", scopes, rps * *pct / 100, now)) {
        return RateLimitReason::throughput_scope;
      }
    }
    for (std::size_t i = 0; i < requests.rules.size(); ++i) {
      const auto& rule = requests.rules[i];
      if (rule.usecase && *rule.usecase != usecase) continue;
      if (!take("rule", std::to_string(i), *rule.rps, now)) return RateLimitReason::throughput_rule;
    }
    return std::nullopt;
  }

  void spend(const std::string& usecase, const std::string& scopes, std::uint64_t bytes, Wide now) {
    const auto& settings = limits.bandwidth;
    if (!settings.global_bps) return;
    const auto owe = [&](const char* kind, const std::string& key, std::uint8_t pct) {
      const Wide rate = Wide{*settings.global_bps} * pct / 100;
      debts.try_emplace({kind, key}, ReferenceBandwidth{rate}).first->second.spend(bytes, now);
    };
    owe("global", "", 100);
    if (settings.usecase_pct) owe("usecase", usecase, *settings.usecase_pct);
    if (settings.scope_pct) owe("scope", scopes, *settings.scope_pct);
  }

  bool take(const char* kind, const std::string& key, std::uint64_t rate, Wide now) {
    const ReferenceThroughput full{Wide{rate}, Wide{rate} + limits.throughput.burst};
    return tokens.try_emplace({kind, key}, full).first->second.take(now);
  }

  RateLimits limits;
  std::map<std::pair<std::string, std::string>, ReferenceBandwidth> debts;
  std::map<std::pair<std::string, std::string>, ReferenceThroughput> tokens;
};

RateLimits any_limits() {
  const auto maybe = [](auto least, auto end) -> std::optional<decltype(least)> {
    if (*rc::gen::arbitrary<bool>()) return *rc::gen::inRange(least, end);
    return std::nullopt;
  };
  RateLimits limits;
  limits.throughput.global_rps = maybe(0U, 20U);
  limits.throughput.burst = *rc::gen::inRange(0U, 4U);
  limits.throughput.usecase_pct = maybe(std::uint8_t{0}, std::uint8_t{120});
  limits.throughput.scope_pct = maybe(std::uint8_t{0}, std::uint8_t{120});
  limits.throughput.rules.resize(*rc::gen::inRange<std::size_t>(0, 3));
  for (auto& rule : limits.throughput.rules) {
    rule.rps = *rc::gen::inRange(0U, 20U);
    if (*rc::gen::arbitrary<bool>()) rule.usecase = *rc::gen::element<std::string>("a", "b");
  }
  limits.bandwidth.global_bps = maybe(std::uint64_t{1000}, std::uint64_t{5000});
  limits.bandwidth.burst_ms = *rc::gen::inRange<std::uint64_t>(0, 2000);
  limits.bandwidth.usecase_pct = maybe(std::uint8_t{1}, std::uint8_t{120});
  limits.bandwidth.scope_pct = maybe(std::uint8_t{1}, std::uint8_t{120});
  limits.bandwidth.report_only = *rc::gen::arbitrary<bool>();
  return limits;
}

RC_GTEST_PROP(RateLimiter, does_as_the_reference_does, ()) {
  const auto limits = any_limits();
  testing::ManualClock clock;
  Metrics metrics;
  NullLogger logger;
  RateLimiter limiter(limits, clock, metrics, logger);
  ReferenceLimiter reference(limits);
  std::uint64_t bytes_total = 0;
  std::uint64_t admitted_total = 0;

  struct Action {
    int kind;
    std::string usecase, scopes;
    std::int64_t number;
  };
  const auto actions = *rc::gen::container<std::vector<Action>>(rc::gen::exec([] {
    return Action{*rc::gen::inRange(0, 4), *rc::gen::element<std::string>("a", "b", "c"),
                  *rc::gen::element<std::string>("_", "o=1", "o=1;p=2", "p=2;o=1"),
                  *rc::gen::inRange<std::int64_t>(0, 1000)};
  }));
  for (const auto& action : actions) {
    const auto scopes = *Scopes::parse(action.scopes);
    const Wide now = clock.monotonic_now().time_since_epoch().count();
    if (action.kind == 0) {
      clock.advance(std::chrono::milliseconds(action.number));
    } else if (action.kind == 1) {
      const auto bytes = static_cast<std::uint64_t>(action.number);
      limiter.transfer(action.usecase, scopes).spend(bytes);
      reference.spend(action.usecase, action.scopes, bytes, now);
      bytes_total += bytes;
    } else {
      const auto expected = reference.admit(action.usecase, action.scopes, now);
      RC_ASSERT((limiter.admit(action.usecase, scopes) == expected));
      admitted_total += expected ? 0 : 1;
    }
  }
  RC_ASSERT(limiter.bytes_total() == bytes_total);
  RC_ASSERT(limiter.admitted_total() == admitted_total);
}

}  // namespace
}  // namespace objectstore
