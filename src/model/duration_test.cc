#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/expiration.h"

namespace objectstore {
namespace {

constexpr std::uint64_t minute = 60;
constexpr std::uint64_t hour = 3600;
constexpr std::uint64_t day = 86'400;
constexpr std::uint64_t month = 2'630'016;
constexpr std::uint64_t year = 31'557'600;

TEST(Duration, every_spelling_of_every_unit) {
  const std::pair<PolicyDuration, std::vector<std::string>> cases[] = {
      {{0, 1}, {"nanos", "nsec", "ns"}},
      {{0, 1'000}, {"usec", "us", "\xc2\xb5s"}},
      {{0, 1'000'000}, {"millis", "msec", "ms"}},
      {{1, 0}, {"seconds", "second", "secs", "sec", "s"}},
      {{minute, 0}, {"minutes", "minute", "min", "mins", "m"}},
      {{hour, 0}, {"hours", "hour", "hr", "hrs", "h"}},
      {{day, 0}, {"days", "day", "d"}},
      {{7 * day, 0}, {"weeks", "week", "wk", "wks", "w"}},
      {{month, 0}, {"months", "month", "M"}},
      {{year, 0}, {"years", "year", "yr", "yrs", "y"}},
  };
  for (const auto& [expected, spellings] : cases) {
    for (const auto& unit : spellings) {
      const auto parsed = parse_duration("1" + unit);
      ASSERT_TRUE(parsed.ok()) << unit;
      EXPECT_EQ(*parsed, expected) << unit;
    }
  }
}

TEST(Duration, accepted_texts) {
  const std::pair<std::string, PolicyDuration> cases[] = {
      {"0", {0, 0}},
      {"0s", {0, 0}},
      {"1h30m", {hour + 30 * minute, 0}},
      {"1hour 12min 5s", {hour + 12 * minute + 5, 0}},
      {"2 days", {2 * day, 0}},
      {"  2  days  ", {2 * day, 0}},
      {"\t1s", {1, 0}},
      {"5s 1h", {hour + 5, 0}},
      {"1s1s1s", {3, 0}},
      {"1 0s", {10, 0}},
      {"1 2 . 5 0 s", {12, 500'000'000}},
      {"1.5h", {hour + hour / 2, 0}},
      {"0.5d", {day / 2, 0}},
      {"0.25m", {15, 0}},
      {"1.000000000000000000000000000000s", {1, 0}},
      {"1.50000000000000000000000000000h", {hour + hour / 2, 0}},
      {"0.000000001s", {0, 1}},
      {"0.00000000005m", {0, 3}},
      {"1.5ms", {0, 1'500'000}},
      {"0.001us", {0, 1}},
      {"0.03125y", {986'175, 0}},
      {"1M1m1ms", {month + minute, 1'000'000}},
      {"999ms 999us 1001ns", {1, 1}},
      {"1500ms", {1, 500'000'000}},
      {"90d", {90 * day, 0}},
      {"400d 1m 30s", {400 * day + 90, 0}},
      {"2months 29days 2h 52m 48s", {90 * day, 0}},
      {"11months 30days 3h 50m 24s", {365 * day, 0}},
      {"1year 2months 3days 4h 5m 6s 7ms 8us 9ns",
       {year + 2 * month + 3 * day + 4 * hour + 5 * minute + 6, 7'008'009}},
      {"10000years", {10'000 * year, 0}},
      {"18446744073709551615s", {UINT64_MAX, 0}},
      {"18446744073709551615s 999999999ns", {UINT64_MAX, 999'999'999}},
      {"18446744073709551615ns", {18'446'744'073, 709'551'615}},
      {"1s 1ns 18446744073709551615ns", {18'446'744'074, 709'551'616}},
      {"500ms 18446744073709551615ns", {18'446'744'074, 209'551'615}},
  };
  for (const auto& [text, expected] : cases) {
    const auto parsed = parse_duration(text);
    ASSERT_TRUE(parsed.ok()) << text << ": " << parsed.error().describe();
    EXPECT_EQ(*parsed, expected) << text;
  }
}

TEST(Duration, refused_texts) {
  const std::string inexact = "fraction can't be represented exactly";
  const std::string too_large = "number is too large";
  const std::pair<std::string, std::string> cases[] = {
      {"", "value was empty"},
      {"  ", "value was empty"},
      {"00", "expected time unit at 2"},
      {"1", "expected time unit at 1"},
      {"1h30", "expected time unit at 4"},
      {"s", "expected number at 0"},
      {"-1s", "expected number at 0"},
      {"+1s", "expected number at 0"},
      {".5h", "expected number at 0"},
      {"1.h", "expected number at 2"},
      {"1.5.5h", "expected time unit at 3"},
      {"1h,2m", "expected number at 2"},
      {"1_000s", "expected time unit at 1"},
      {"1e3s", "unknown time unit \"e\""},
      {"1S", "unknown time unit \"S\""},
      {"1H", "unknown time unit \"H\""},
      {"1MS", "unknown time unit \"MS\""},
      {"1sm", "unknown time unit \"sm\""},
      {"1fortnight", "unknown time unit \"fortnight\""},
      {"1" + std::string(100'000, 'a'), "unknown time unit \"" + std::string(64, 'a') + "\""},
      {"1.5ns", inexact},
      {"1.0ns", inexact},
      {"0.0001us", inexact},
      {"0.0000000001s", inexact},
      {"0.0000000000000000001s", inexact},
      {"0.3333333333333333333333333333h", inexact},
      {"0.001h", inexact},
      {"0.00001d", inexact},
      {"18446744073709551616s", too_large},
      {"18446744073709551615s 1s", too_large},
      {"18446744073709551615s 999999999ns 1ns", too_large},
      {"18446744073709551615m", too_large},
      {"18446744073709551615.5m", too_large},
      {"584542046091y", too_large},
      {"18446744073710ms", too_large},
      {"18446744073709551616ns", too_large},
      {"99999999999999999999999999d", too_large},
  };
  for (const auto& [text, message] : cases) {
    const auto parsed = parse_duration(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error(), Error(ErrorCode::invalid_argument, message)) << text;
  }
}

TEST(Duration, output_form) {
  const std::pair<PolicyDuration, std::string> cases[] = {
      {{0, 0}, "0s"},
      {{1, 0}, "1s"},
      {{hour, 0}, "1h"},
      {{day, 0}, "1d"},
      {{7 * day, 0}, "7d"},
      {{400 * day + 90, 0}, "400d 1m 30s"},
      {{hour + 30 * minute, 0}, "1h 30m"},
      {{month, 0}, "30d 10h 33m 36s"},
      {{0, 500'000'000}, "500ms"},
      {{1, 1}, "1s 1ns"},
      {{0, 7'008'009}, "7ms 8us 9ns"},
      {{UINT64_MAX, 999'999'999}, "213503982334601d 7h 15s 999ms 999us 999ns"},
  };
  for (const auto& [duration, text] : cases)
    EXPECT_EQ(format_duration(duration), text);
}

RC_GTEST_PROP(Duration, output_form_is_read_back_unchanged, ()) {
  const auto any_size = *rc::gen::arbitrary<unsigned>() % 64;
  const PolicyDuration duration{
      *rc::gen::resize(1000, rc::gen::arbitrary<std::uint64_t>()) >> any_size,
      *rc::gen::inRange<std::uint32_t>(0, 1'000'000'000)};
  const auto parsed = parse_duration(format_duration(duration));
  RC_ASSERT(parsed.ok());
  RC_ASSERT(*parsed == duration);
}

RC_GTEST_PROP(Duration, any_text_is_answered, (const std::string& text)) {
  const auto parsed = parse_duration(text);
  if (parsed.ok()) RC_ASSERT(parse_duration(format_duration(*parsed)).ok());
}

}  // namespace
}  // namespace objectstore
