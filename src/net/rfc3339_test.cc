#include "net/rfc3339.h"

#include <gtest/gtest.h>

#include <string>

namespace objectstore {
namespace {

using namespace std::chrono_literals;

TEST(Rfc3339, times_are_read_to_the_nanosecond) {
  constexpr auto second = WallTime(1'776'692'220s);  // 2026-04-20T13:37:00Z
  const std::pair<std::string, WallTime> cases[] = {
      {"1970-01-01T00:00:00Z", WallTime()},
      {"2026-04-20T13:37:00Z", second},
      {"2026-04-20T13:37:00.5Z", second + 500ms},
      {"2026-04-20T13:37:00.000000001Z", second + 1ns},
      {"2026-04-20T13:37:00.0000000019999Z", second + 1ns},
      {"2026-04-20T15:37:00+02:00", second},
      {"2026-04-20T08:07:00.25-05:30", second + 250ms},
      {"2024-02-29T00:00:00Z", WallTime(1'709'164'800s)},
      {"2262-04-09T23:59:59-23:59", WallTime(9'223'286'339s)},
      {"2262-04-10T00:00:00Z", WallTime::max()},
      {"2262-04-12T00:00:00Z", WallTime::max()},
      {"9999-12-31T23:59:59.999Z", WallTime::max()},
  };
  for (const auto& [text, time] : cases)
    EXPECT_EQ(parse_rfc3339(text), time) << text;
}

TEST(Rfc3339, other_texts_are_refused) {
  const std::string cases[] = {
      "",
      "2026-04-20",
      "2026-04-20T13:37:00",
      "2026-04-20 13:37:00Z",
      "2026-04-20T13:37:00z",
      "2026-04-20T13:37:00ZZ",
      "2026-04-20T13:37:00.Z",
      "2026-04-20T13:37Z",
      "2026-04-20T24:00:00Z",
      "2026-04-20T13:60:00Z",
      "2026-04-20T13:37:60Z",
      "2026-13-20T13:37:00Z",
      "2026-00-20T13:37:00Z",
      "2025-02-29T00:00:00Z",
      "1969-12-31T23:59:59Z",
      "2026-04-20T13:37:00+2:00",
      "2026-04-20T13:37:00+0200",
      "+026-04-20T13:37:00Z",
      " 2026-04-20T13:37:00Z",
  };
  for (const auto& text : cases)
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
}

}  // namespace
}  // namespace objectstore
