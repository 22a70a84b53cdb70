#include "changelog/staleness.h"

#include <gtest/gtest.h>

namespace objectstore {
namespace {

using namespace std::chrono_literals;

MonotonicTime at(Duration since_start) {
  return MonotonicTime(1h) + since_start;
}

TEST(StalenessObserver, an_entry_is_stale_once_its_time_has_stood_still) {
  struct Look {
    Duration when;
    EntryTime time;
    bool stale;
  };
  const std::pair<const char*, std::vector<Look>> cases[] = {
      {"first seen", {{0s, 5, false}}},
      {"seen again too early", {{0s, 5, false}, {29'999ms, 5, false}}},
      {"the same 30 s apart", {{0s, 5, false}, {30s, 5, true}}},
      {"the same, seen in between", {{0s, 5, false}, {10s, 5, false}, {30s, 5, true}}},
      {"still stale later", {{0s, 5, false}, {30s, 5, true}, {31s, 5, true}}},
      {"moved", {{0s, 5, false}, {30s, 6, false}}},
      {"moved back", {{0s, 5, false}, {30s, 4, false}}},
      {"moved, then stood still",
       {{0s, 5, false}, {20s, 6, false}, {30s, 6, false}, {50s, 6, true}}},
      {"moved to and fro", {{0s, 5, false}, {15s, 6, false}, {30s, 5, false}, {60s, 5, true}}},
      {"heartbeats", {{0s, 5, false}, {10s, 6, false}, {40s, 7, false}, {80s, 8, false}}},
  };
  for (const auto& [name, looks] : cases) {
    StalenessObserver observer(30s, 10);
    for (const auto& look : looks) {
      EXPECT_EQ(observer.is_stale("key", look.time, at(look.when)), look.stale)
          << name << " at " << look.when.count();
    }
  }
}

TEST(StalenessObserver, keys_are_observed_apart) {
  StalenessObserver observer(30s, 10);
  EXPECT_FALSE(observer.is_stale("a", 5, at(0s)));
  EXPECT_FALSE(observer.is_stale("b", 5, at(10s)));
  EXPECT_TRUE(observer.is_stale("a", 5, at(30s)));
  EXPECT_FALSE(observer.is_stale("b", 5, at(30s)));
}

TEST(StalenessObserver, a_forgotten_entry_starts_anew) {
  StalenessObserver observer(30s, 10);
  EXPECT_FALSE(observer.is_stale("a", 5, at(0s)));
  observer.forget("a");
  EXPECT_FALSE(observer.is_stale("a", 5, at(30s)));
  EXPECT_TRUE(observer.is_stale("a", 5, at(60s)));
}

TEST(StalenessObserver, an_entry_that_went_away_starts_anew) {
  StalenessObserver observer(30s, 10);
  EXPECT_FALSE(observer.is_stale("gone", 5, at(0s)));
  EXPECT_FALSE(observer.is_stale("here", 5, at(0s)));
  EXPECT_FALSE(observer.is_stale("here", 5, at(10s)));
  observer.forget_unseen_since(at(10s));
  EXPECT_TRUE(observer.is_stale("here", 5, at(30s)));
  EXPECT_FALSE(observer.is_stale("gone", 5, at(30s)));
}

TEST(StalenessObserver, capacity_is_a_limit_and_no_entry_beyond_it_is_ever_stale) {
  StalenessObserver observer(30s, 2);
  for (const auto* key : {"a", "b", "c"})
    EXPECT_FALSE(observer.is_stale(key, 5, at(0s)));
  EXPECT_TRUE(observer.is_stale("a", 5, at(30s)));
  EXPECT_TRUE(observer.is_stale("b", 5, at(30s)));
  EXPECT_FALSE(observer.is_stale("c", 5, at(30s)));
  EXPECT_FALSE(observer.is_stale("c", 5, at(300s)));
  observer.forget("a");
  EXPECT_FALSE(observer.is_stale("c", 5, at(300s))) << "looked at from now on";
  EXPECT_TRUE(observer.is_stale("c", 5, at(330s)));
}

TEST(StalenessObserver, the_earliest_moment_of_staleness) {
  StalenessObserver observer(30s, 10);
  EXPECT_FALSE(observer.next_stale().has_value());
  EXPECT_FALSE(observer.is_stale("a", 5, at(0s)));
  EXPECT_FALSE(observer.is_stale("b", 5, at(10s)));
  EXPECT_EQ(observer.next_stale(), at(30s));
  EXPECT_FALSE(observer.is_stale("a", 6, at(20s)));
  EXPECT_EQ(observer.next_stale(), at(40s));
}

}  // namespace
}  // namespace objectstore
