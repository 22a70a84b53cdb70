#include "service/rate_limiter.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "service/bandwidth_bucket.h"
#include "service/bucket_map.h"
#include "service/rate_shares.h"
#include "service/throughput_bucket.h"
#include "testing/manual_clock.h"
#include "testing/recording_logger.h"

namespace objectstore {
namespace {

using namespace std::chrono_literals;
using Reason = RateLimitReason;

constexpr auto most = std::numeric_limits<std::uint64_t>::max();

MonotonicTime at(Duration time) {
  return MonotonicTime(time);
}

template <class Take>
int count_until_refused(Take take) {
  int count = 0;
  while (count < 1000 && take())
    ++count;
  return count;
}

// --- buckets -------------------------------------------------------------------------------------

TEST(ThroughputBucket, holds_rate_and_burst_and_refills_by_the_rate) {
  ThroughputBucket bucket({10, 5});
  const auto take_all = [&](Duration time) {
    return count_until_refused([&] { return bucket.take(at(time)); });
  };
  EXPECT_EQ(take_all(1h), 15);
  EXPECT_EQ(take_all(1h + 99ms), 0);
  EXPECT_EQ(take_all(1h + 100ms), 1);
  EXPECT_EQ(take_all(1h + 1100ms), 10);
  EXPECT_EQ(take_all(5h), 15);  // no more than full
  EXPECT_EQ(take_all(4h), 0);   // as an earlier look at the clock may have it
  EXPECT_EQ(take_all(5h + 100ms), 1);
  EXPECT_FALSE(bucket.is_full(at(5h + 1s)));
  EXPECT_TRUE(bucket.is_full(at(6h)));
}

TEST(ThroughputBucket, fractions_of_a_token_add_up) {
  ThroughputBucket bucket({3, 0});
  EXPECT_EQ(count_until_refused([&] { return bucket.take(at({})); }), 3);
  int taken = 0;
  for (int ms = 1; ms <= 1000; ++ms)
    taken += bucket.take(at(std::chrono::milliseconds(ms))) ? 1 : 0;
  EXPECT_EQ(taken, 3);
}

TEST(ThroughputBucket, a_rate_of_zero_gives_the_burst_once) {
  ThroughputBucket nothing({0, 0});
  EXPECT_FALSE(nothing.take(at(1000h)));
  ThroughputBucket burst({0, 2});
  EXPECT_EQ(count_until_refused([&] { return burst.take(at(1h)); }), 2);
  EXPECT_FALSE(burst.take(at(100'000h)));
}

TEST(ThroughputBucket, largest_rates_and_times_do_not_overflow) {
  ThroughputBucket bucket({share_of(UINT32_MAX, 255), UINT32_MAX});
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(bucket.take(at(1h)));
  EXPECT_FALSE(bucket.is_full(at(1h)));
  EXPECT_TRUE(bucket.is_full(MonotonicTime::max()));

  constexpr std::uint64_t rate = std::uint64_t{1} << 32;
  ThroughputBucket round({rate, 0});
  EXPECT_TRUE(round.take(at({})));
  EXPECT_TRUE(round.is_full(at(Duration(rate))));  // their product is 2^64
}

TEST(BandwidthBucket, a_debt_is_paid_by_time) {
  BandwidthBucket bucket(1000);
  EXPECT_TRUE(bucket.admits(at(1h), 0s));
  bucket.spend(1500, at(1h));
  EXPECT_TRUE(bucket.has_debt(at(1h)));
  EXPECT_FALSE(bucket.admits(at(1h), 1499ms));
  EXPECT_TRUE(bucket.admits(at(1h), 1500ms));
  EXPECT_TRUE(bucket.admits(at(1h + 500ms), 1s));
  bucket.spend(1000, at(1h + 500ms));  // more debt, in a transfer that runs
  EXPECT_FALSE(bucket.admits(at(1h + 500ms), 1999ms));
  EXPECT_TRUE(bucket.admits(at(1h + 500ms), 2s));
  EXPECT_TRUE(bucket.has_debt(at(1h + 2499ms)));
  EXPECT_FALSE(bucket.has_debt(at(1h + 2500ms)));
  bucket.spend(1, at(2h));  // what was not used is not saved up
  EXPECT_FALSE(bucket.admits(at(2h), 0s));
}

TEST(BandwidthBucket, huge_and_zero_values) {
  BandwidthBucket slow(1);
  slow.spend(most, at(1h));
  slow.spend(most, at(1h));
  EXPECT_FALSE(slow.admits(at(1'000'000h), 1h));
  EXPECT_TRUE(slow.admits(at(1h), Duration::max()));

  BandwidthBucket fast(most);
  fast.spend(most, at(1h));
  EXPECT_FALSE(fast.admits(at(1h), 999'999'999ns));
  EXPECT_TRUE(fast.admits(at(1h), 1s));
  fast.spend(0, at(3h));
  EXPECT_FALSE(fast.has_debt(at(3h)));

  BandwidthBucket none(0);
  EXPECT_FALSE(none.admits(at(1h), Duration::max()));
  none.spend(1, at(1h));
  EXPECT_FALSE(none.admits(at(2h), Duration::max()));
}

TEST(BandwidthBucket, threads_lose_no_debt) {
  BandwidthBucket bucket(1'000'000'000);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&bucket] {
      for (int spent = 0; spent < 10'000; ++spent)
        bucket.spend(10, at(1h));
    });
  for (auto& thread : threads)
    thread.join();
  EXPECT_FALSE(bucket.admits(at(1h), 399'999ns));
  EXPECT_TRUE(bucket.admits(at(1h), 400'000ns));
}

TEST(RateShares, floors_and_bounds) {
  EXPECT_EQ(share_of(199, 50), 99);
  EXPECT_EQ(share_of(99, 1), 0);
  EXPECT_EQ(share_of(100, 0), 0);
  EXPECT_EQ(share_of(100, 255), 255);
  EXPECT_EQ(share_of(most, 100), most);
  EXPECT_EQ(share_of(most, 255), most);
  EXPECT_EQ(scopes_key(*Scopes::parse("a=1;b=2")), "a=1;b=2;");
  EXPECT_EQ(scopes_key(Scopes()), "");
}

TEST(BucketMap, forgets_what_is_as_new_and_shares_one_bucket_where_nothing_is) {
  const auto make = [] { return std::make_shared<int>(0); };
  const auto as_new = [](int value) { return value == 0; };
  BucketMap<int> map(2, make);
  EXPECT_EQ(map.find("a"), nullptr);
  *map.get("a", as_new) = 1;
  *map.get("b", as_new) = 2;
  EXPECT_EQ(map.size(), 2);
  EXPECT_EQ(*map.get("a", as_new), 1);

  const auto shared = map.get("c", as_new);
  EXPECT_EQ(shared, map.get("d", as_new));
  EXPECT_EQ(map.find("e"), shared.get());
  EXPECT_EQ(map.size(), 2);

  *map.get("a", as_new) = 0;
  const auto held = map.get("c", as_new);
  EXPECT_NE(held, shared);
  *held = 0;
  EXPECT_EQ(map.get("e", as_new), shared);  // somebody holds the bucket of c
  EXPECT_EQ(*map.find("b"), 2);
  EXPECT_EQ(map.find("a"), shared.get());
}

TEST(BucketMap, long_keys_are_told_apart_and_kept_short) {
  const auto as_new = [](int) { return false; };
  BucketMap<int> map(10, [] { return std::make_shared<int>(0); });
  const std::string long_key(100'000, 'k');
  *map.get(long_key + "1", as_new) = 1;
  *map.get(long_key + "2", as_new) = 2;
  *map.get(std::string(1, '\0') + digest_of(Digest::Kind::sha256, long_key + "1"), as_new) = 3;
  EXPECT_EQ(map.size(), 3);
  EXPECT_EQ(*map.find(long_key + "1"), 1);
  EXPECT_EQ(*map.find(long_key + "2"), 2);
}

// --- the limiter ---------------------------------------------------------------------------------

struct World {
  explicit World(RateLimits limits) : limiter(limits, clock, metrics, logger) {}

  std::optional<Reason> admit(std::string_view usecase, std::string_view scopes = "_") {
    return limiter.admit(usecase, *Scopes::parse(scopes));
  }
  void spend(std::uint64_t bytes, std::string_view usecase, std::string_view scopes = "_") {
    limiter.transfer(usecase, *Scopes::parse(scopes)).spend(bytes);
  }
  int admitted(std::string_view usecase, std::string_view scopes = "_") {
    return count_until_refused([&] { return !admit(usecase, scopes); });
  }
  std::optional<double> gauge(std::string_view statsd) {
    metrics.refresh();
    std::optional<double> value;
    for (const auto* family : metrics.all_gauges()) {
      if (family->info().statsd != statsd) continue;
      family->each([&](const auto&, const Gauge& gauge) { value = gauge.value(); });
    }
    return value;
  }

  testing::ManualClock clock;
  Metrics metrics;
  testing::RecordingLogger logger;
  RateLimiter limiter;
};

RateLimits throughput(std::uint32_t rps) {
  RateLimits limits;
  limits.throughput.global_rps = rps;
  return limits;
}
RateLimits bandwidth(std::uint64_t bps, std::uint64_t burst_ms) {
  RateLimits limits;
  limits.bandwidth.global_bps = bps;
  limits.bandwidth.burst_ms = burst_ms;
  return limits;
}

TEST(RateLimiter, without_limits_everything_is_counted_only) {
  World world({});
  EXPECT_EQ(world.admitted("a"), 1000);
  world.spend(most / 2, "a");
  world.spend(5, "b");
  RateLimiter::Transfer().spend(7);  // of nobody
  EXPECT_EQ(world.limiter.admitted_total(), 1000);
  EXPECT_EQ(world.limiter.bytes_total(), most / 2 + 5);
  EXPECT_EQ(world.gauge("server.bandwidth.limit"), std::nullopt);
  EXPECT_EQ(world.gauge("server.rate_limiter.throughput.limit"), std::nullopt);
}

TEST(RateLimiter, shares_rules_and_bursts_of_throughput) {
  auto limits = throughput(100);
  limits.throughput.burst = 3;
  limits.throughput.usecase_pct = 5;
  limits.throughput.scope_pct = 2;
  World world(limits);
  EXPECT_EQ(world.admitted("a", "org=1"), 5);  // 2 + 3 of the scope
  EXPECT_EQ(world.admit("a", "org=1"), Reason::throughput_scope);
  // Its refused requests have taken the usecase's tokens: 5 + 3 less 5 less 2.
  EXPECT_EQ(world.admitted("a", "org=2"), 1);
  EXPECT_EQ(world.admit("a", "org=2"), Reason::throughput_usecase);
  // Scopes are the same ones in every usecase, and ordered.
  EXPECT_EQ(world.admit("b", "org=1"), Reason::throughput_scope);
  EXPECT_EQ(world.admitted("b", "org=1;project=1"), 5);
  EXPECT_EQ(world.admitted("c", "project=1;org=1"), 5);
}

TEST(RateLimiter, tokens_taken_before_a_refusal_are_not_given_back) {
  auto limits = throughput(10);
  limits.throughput.rules = {{"a", {}, 0, std::nullopt}};
  World world(limits);
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(world.admit("a"), Reason::throughput_rule);
  EXPECT_EQ(world.admit("b"), Reason::throughput_global);
  EXPECT_EQ(world.limiter.admitted_total(), 0);
  world.clock.advance(100ms);
  EXPECT_EQ(world.admit("b"), std::nullopt);
}

TEST(RateLimiter, rules_match_usecase_and_first_scopes) {
  const struct {
    ThroughputRule rule;
    std::string_view usecase, scopes;
    int admitted;
  } cases[] = {
      {{"a", {}, 2, {}}, "a", "_", 2},
      {{"a", {}, 2, {}}, "b", "_", 50},
      {{{}, {}, 2, {}}, "b", "org=1", 2},
      {{{}, {{"org", "1"}}, 2, {}}, "b", "x=1;org=1", 2},
      {{{}, {{"org", "1"}}, 2, {}}, "b", "org=2;org=1", 50},
      {{{}, {{"org", "1"}, {"x", "1"}}, 2, {}}, "b", "org=1", 50},
      {{"a", {{"org", "1"}}, 2, {}}, "a", "org=1", 2},
      {{"a", {{"org", "1"}}, 2, {}}, "a", "_", 50},
      {{{}, {}, {}, {}}, "a", "_", 50},  // does nothing
      {{{}, {}, {}, 10}, "a", "_", 5},
      {{{}, {}, 7, 10}, "a", "_", 5},
      {{{}, {}, 3, 10}, "a", "_", 3},
      {{{}, {}, {}, 0}, "a", "_", 0},
      {{{}, {}, {}, 255}, "a", "_", 50},
  };
  int row = 0;
  for (const auto& c : cases) {
    auto limits = throughput(50);
    limits.throughput.rules = {c.rule};
    World world(limits);
    EXPECT_EQ(world.admitted(c.usecase, c.scopes), c.admitted) << row;
    const auto expected = c.admitted < 50 ? Reason::throughput_rule : Reason::throughput_global;
    EXPECT_EQ(world.admit(c.usecase, c.scopes), expected) << row;
    ++row;
  }
}

TEST(RateLimiter, every_matching_rule_counts_in_the_order_of_the_list) {
  RateLimits limits;
  limits.throughput.rules = {{"a", {}, 3, {}}, {{}, {}, 5, {}}, {"a", {}, {}, 10}};
  World world(limits);
  EXPECT_EQ(world.admitted("a"), 3);  // a share of no global rate does nothing
  EXPECT_EQ(world.admitted("b"), 2);
}

TEST(RateLimiter, shares_without_a_global_value_do_nothing) {
  RateLimits limits;
  limits.throughput.usecase_pct = 0;
  limits.throughput.scope_pct = 0;
  limits.bandwidth.usecase_pct = 0;
  limits.bandwidth.scope_pct = 0;
  World world(limits);
  world.spend(1000, "a");
  EXPECT_EQ(world.admitted("a"), 1000);
}

TEST(RateLimiter, debts_of_bandwidth_refuse_until_they_are_paid) {
  auto limits = bandwidth(1000, 500);
  limits.bandwidth.usecase_pct = 50;
  limits.bandwidth.scope_pct = 10;
  World world(limits);
  world.spend(60, "a", "org=1");
  EXPECT_EQ(world.admit("a", "org=1"), Reason::bandwidth_scope);
  EXPECT_EQ(world.admit("b", "org=1"), Reason::bandwidth_scope);
  EXPECT_EQ(world.admit("a", "org=2"), std::nullopt);
  world.spend(240, "a", "org=2");
  EXPECT_EQ(world.admit("a", "org=3"), Reason::bandwidth_usecase);
  EXPECT_EQ(world.admit("b", "org=3"), std::nullopt);
  world.spend(300, "b", "org=3");
  EXPECT_EQ(world.admit("c", "org=4"), Reason::bandwidth_global);
  world.clock.advance(100ms);
  EXPECT_EQ(world.admit("c", "org=4"), std::nullopt);
  EXPECT_EQ(world.admit("a", "org=3"), Reason::bandwidth_scope);
  EXPECT_EQ(world.admit("a", "org=1"), std::nullopt);
  EXPECT_EQ(world.limiter.bytes_total(), 600);
}

TEST(RateLimiter, bandwidth_comes_before_throughput_and_takes_no_token) {
  auto limits = bandwidth(1000, 0);
  limits.throughput.global_rps = 1;
  World world(limits);
  world.spend(1, "a");
  EXPECT_EQ(world.admit("a"), Reason::bandwidth_global);
  world.clock.advance(1ms);
  EXPECT_EQ(world.admit("a"), std::nullopt);
  EXPECT_EQ(world.admit("a"), Reason::throughput_global);
}

TEST(RateLimiter, report_only_accounts_and_refuses_nothing) {
  auto limits = bandwidth(10, 0);
  limits.bandwidth.usecase_pct = 0;
  limits.bandwidth.scope_pct = 50;
  limits.bandwidth.report_only = true;
  World world(limits);
  world.spend(1'000'000, "a", "org=1");
  EXPECT_EQ(world.admitted("a", "org=1"), 1000);
  EXPECT_EQ(world.gauge("server.rate_limiter.bandwidth.scope_map_size"), 1);
}

TEST(RateLimiter, rates_of_zero_admit_nothing) {
  EXPECT_EQ(World(throughput(0)).admit("a"), Reason::throughput_global);
  EXPECT_EQ(World(bandwidth(0, most)).admit("a"), Reason::bandwidth_global);
  auto limits = throughput(99);
  limits.throughput.usecase_pct = 1;
  EXPECT_EQ(World(limits).admit("a"), Reason::throughput_usecase);
  limits = bandwidth(99, most);
  limits.bandwidth.scope_pct = 1;
  World world(limits);
  world.spend(1, "a");
  EXPECT_EQ(world.admit("a"), Reason::bandwidth_scope);
}

TEST(RateLimiter, largest_values) {
  RateLimits limits;
  limits.throughput.global_rps = UINT32_MAX;
  limits.throughput.burst = UINT32_MAX;
  limits.throughput.usecase_pct = 255;
  limits.bandwidth.global_bps = most;
  limits.bandwidth.burst_ms = most;
  limits.bandwidth.usecase_pct = 255;
  World world(limits);
  world.spend(most, "a");
  world.spend(most, "a");
  EXPECT_EQ(world.admitted("a"), 1000);
}

TEST(RateLimiter, buckets_of_usecases_and_scopes_are_bounded) {
  auto limits = throughput(1'000'000);
  limits.throughput.usecase_pct = 1;
  limits.bandwidth.global_bps = 1'000'000'000;
  limits.bandwidth.usecase_pct = 1;
  limits.bandwidth.report_only = true;
  World world(limits);
  for (std::size_t i = 0; i < most_buckets + 100; ++i) {
    (void)world.admit(std::to_string(i));
    world.spend(1, std::to_string(i));
    world.clock.advance(1us);
  }
  EXPECT_EQ(world.gauge("server.rate_limiter.throughput.usecase_map_size"), most_buckets);
  EXPECT_EQ(world.gauge("server.rate_limiter.bandwidth.usecase_map_size"), most_buckets);
}

TEST(RateLimiter, a_flood_of_usecases_leaves_the_reasons_of_refusals_alone) {
  auto limits = throughput(0);
  limits.bandwidth.global_bps = 77;
  World world(limits);
  for (int i = 0; i < 300; ++i)
    (void)world.admit("random" + std::to_string(i));
  world.spend(1'000'000, "a");
  (void)world.admit("a");
  auto& rejected = world.metrics.counters({"objectstore_rate_limited_total", "", ""});
  std::map<std::vector<std::string>, std::uint64_t> counts;
  rejected.each(
      [&](const auto& labels, const Counter& counter) { counts[labels] = counter.value(); });
  EXPECT_EQ(counts.size(), 202);
  EXPECT_EQ((counts[{"throughput_global", "other"}]), 100);
  EXPECT_EQ((counts[{"bandwidth_global", "other"}]), 1);
}

TEST(RateLimiter, refusals_are_counted_and_logged) {
  auto limits = throughput(0);
  limits.bandwidth.global_bps = 77;
  World world(limits);
  (void)world.admit("a");
  (void)world.admit("a");
  for (const auto* family : world.metrics.all_counters()) {
    if (family->info().statsd != "server.request.rate_limited") continue;
    EXPECT_EQ(family->info().name, "objectstore_rate_limited_total");
    family->each([](const auto& labels, const Counter& counter) {
      EXPECT_EQ(labels, (std::vector<std::string>{"throughput_global", "a"}));
      EXPECT_EQ(counter.value(), 2);
    });
  }
  ASSERT_EQ(world.logger.lines().size(), 2);
  EXPECT_EQ(world.logger.lines()[0].level, LogLevel::warn);
  EXPECT_EQ(world.logger.lines()[0].fields, "reason=throughput_global usecase=a request_id=");
  EXPECT_EQ(world.gauge("server.bandwidth.limit"), 77);
  EXPECT_EQ(world.gauge("server.rate_limiter.throughput.limit"), 0);
}

}  // namespace
}  // namespace objectstore
