#include "model/expiration.h"

#include <gtest/gtest.h>

namespace objectstore {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::uint64_t day = 86'400;
constexpr WallTime now{seconds(1'776'692'220)};

ExpirationPolicy time_to_live(std::uint64_t secs) {
  return {ExpirationKind::time_to_live, {secs, 0}};
}
ExpirationPolicy time_to_idle(std::uint64_t secs) {
  return {ExpirationKind::time_to_idle, {secs, 0}};
}

TEST(Expiration, policies_and_their_output_form) {
  struct Case {
    std::string text;
    ExpirationPolicy policy;
    std::string output;
  };
  const Case cases[] = {
      {"manual", {}, "manual"},
      {"ttl:0s", time_to_live(0), "ttl:0s"},
      {"ttl:0", time_to_live(0), "ttl:0s"},
      {"ttl:3600s", time_to_live(3600), "ttl:1h"},
      {"ttl:1d", time_to_live(day), "ttl:1d"},
      {"ttl:1day", time_to_live(day), "ttl:1d"},
      {"tti:30d", time_to_idle(30 * day), "tti:30d"},
      {"tti:30days", time_to_idle(30 * day), "tti:30d"},
      {"ttl:90d", time_to_live(90 * day), "ttl:90d"},
      {"ttl:2months 29days 2h 52m 48s", time_to_live(90 * day), "ttl:90d"},
      {"ttl:365d", time_to_live(365 * day), "ttl:365d"},
      {"ttl:11months 30days 3h 50m 24s", time_to_live(365 * day), "ttl:365d"},
      {"ttl:1w", time_to_live(7 * day), "ttl:7d"},
      {"ttl:1.5h", time_to_live(5400), "ttl:1h 30m"},
      {"ttl:1M", time_to_live(2'630'016), "ttl:30d 10h 33m 36s"},
      {"ttl: 1h", time_to_live(3600), "ttl:1h"},
      {"ttl: \t0", time_to_live(0), "ttl:0s"},
      {"tti:  2 days ", time_to_idle(2 * day), "tti:2d"},
  };
  for (const auto& [text, policy, output] : cases) {
    const auto parsed = ExpirationPolicy::parse(text);
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(*parsed, policy) << text;
    EXPECT_EQ(parsed->str(), output) << text;
    EXPECT_EQ(*ExpirationPolicy::parse(output), policy) << text;
  }
}

TEST(Expiration, refused_policies) {
  const std::pair<std::string, std::vector<std::string>> cases[] = {
      {"", {}},
      {"Manual", {}},
      {"manual ", {}},
      {" manual", {}},
      {"manual:1h", {}},
      {"TTL:1h", {}},
      {"ttl", {}},
      {"ttl 1h", {}},
      {" ttl:1h", {}},
      {"1h", {}},
      {"ttl:", {"value was empty"}},
      {"ttl: ", {"value was empty"}},
      {"tti:-1s", {"expected number at 0"}},
      {"tti:1", {"expected time unit at 1"}},
      {"ttl:1x", {"unknown time unit \"x\""}},
  };
  for (const auto& [text, causes] : cases) {
    const auto parsed = ExpirationPolicy::parse(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(parsed.error().message(), "invalid expiration policy value") << text;
    EXPECT_EQ(parsed.error().causes(), causes) << text;
  }
}

TEST(Expiration, deadline_is_the_insert_time_plus_the_duration) {
  EXPECT_EQ(*ExpirationPolicy{}.deadline_from(now), std::nullopt);
  EXPECT_EQ(*time_to_live(0).deadline_from(now), now);
  EXPECT_EQ(*time_to_live(60).deadline_from(now), now + minutes(1));
  EXPECT_EQ(*time_to_idle(day).deadline_from(now), now + hours(24));
  const ExpirationPolicy precise{ExpirationKind::time_to_live, {1, 5}};
  EXPECT_EQ(*precise.deadline_from(now), now + seconds(1) + nanoseconds(5));
}

TEST(Expiration, deadlines_beyond_the_clock_are_refused) {
  const auto room = std::chrono::floor<seconds>(WallTime::max() - now).count();
  const auto most = static_cast<std::uint64_t>(room);
  EXPECT_TRUE(time_to_live(most).deadline_from(now).ok());
  for (const std::uint64_t duration :
       {most + 1, std::uint64_t{9'223'372'036}, std::uint64_t{10'000} * 31'557'600, UINT64_MAX}) {
    const auto deadline = time_to_live(duration).deadline_from(now);
    ASSERT_FALSE(deadline.ok()) << duration;
    EXPECT_EQ(deadline.error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(time_to_idle(duration).bumped_deadline(now, now), std::nullopt);
  }
  EXPECT_FALSE(ExpirationPolicy({ExpirationKind::time_to_live, {most, 999'999'999}})
                   .deadline_from(now)
                   .ok());
}

TEST(Expiration, an_access_moves_an_idle_deadline_by_more_than_the_margin_only) {
  struct Case {
    ExpirationPolicy policy;
    Duration left;  // until the present deadline
    bool moves;
  };
  const Case cases[] = {
      {{}, hours(0), false},
      {time_to_live(day), hours(0), false},
      // A quarter of the duration.
      {time_to_idle(8 * 3600), hours(8), false},
      {time_to_idle(8 * 3600), hours(6), false},
      {time_to_idle(8 * 3600), hours(6) - nanoseconds(1), true},
      {time_to_idle(8 * 3600), hours(0), true},
      // At most a day.
      {time_to_idle(10 * day), hours(9 * 24), false},
      {time_to_idle(10 * day), hours(9 * 24) - nanoseconds(1), true},
      {time_to_idle(day), hours(48), false},
      {time_to_idle(0), hours(0), false},
  };
  for (const auto& [policy, left, moves] : cases) {
    const auto bumped = policy.bumped_deadline(now + left, now);
    const auto expected = moves ? *policy.deadline_from(now) : std::optional<WallTime>();
    EXPECT_EQ(bumped, expected) << policy.str() << ' ' << left.count();
  }
}

}  // namespace
}  // namespace objectstore
