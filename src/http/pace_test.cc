#include "http/pace.h"

#include <gtest/gtest.h>

namespace objectstore {
namespace {

using namespace std::chrono_literals;

constexpr Duration stall = 30s;

// How long a client goes on that brings `bytes` every `interval`, up to a day.
Duration lasts(Duration interval, std::size_t bytes) {
  Pace pace;
  Duration waited{};
  while (interval <= pace.allowed(stall) && waited < 24h) {
    pace.note(interval, bytes, stall);
    waited += interval;
  }
  return waited;
}

TEST(Pace, first_bytes_have_the_whole_time) {
  EXPECT_EQ(Pace().allowed(stall), stall);
  EXPECT_EQ(Pace().allowed(Duration::max()), Duration::max());
}

TEST(Pace, clients_that_drip_are_ended_after_some_minutes) {
  EXPECT_LE(lasts(29s, 1), 5min);
  EXPECT_GE(lasts(29s, 1), 4min);
  EXPECT_LE(lasts(1s, 1), 6min);
  EXPECT_LE(lasts(1s, 30), 1h);
}

TEST(Pace, slow_links_are_not) {
  EXPECT_GE(lasts(1s, 35), 24h);
  EXPECT_GE(lasts(29s, 1024), 24h);
  EXPECT_GE(lasts(100ms, 4), 24h);
}

TEST(Pace, what_a_client_was_ahead_is_not_saved_up) {
  Pace pace;
  pace.note(1s, std::size_t{1} << 30, stall);
  for (int i = 0; i < 10; ++i)
    pace.note(stall, 0, stall);
  EXPECT_EQ(pace.allowed(stall), Duration::zero());
}

TEST(Pace, what_it_fell_behind_can_be_made_good) {
  Pace pace;
  for (int i = 0; i < 10; ++i)
    pace.note(stall, 0, stall);
  pace.note(Duration::zero(), 512, stall);
  EXPECT_EQ(pace.allowed(stall), stall / 2);
  pace.note(Duration::zero(), 512, stall);
  EXPECT_EQ(pace.allowed(stall), stall);
  pace.note(stall, 0, stall);
  pace.renew();
  EXPECT_EQ(pace.allowed(stall), stall);
}

}  // namespace
}  // namespace objectstore
