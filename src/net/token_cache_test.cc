#include "net/token_cache.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "runtime/real_clock.h"
#include "testing/manual_clock.h"
#include "testing/pump.h"
#include "testing/recording_logger.h"
#include "testing/seeded_random.h"

namespace objectstore {
namespace {

using namespace std::chrono_literals;

// Yields t1, t2, …, each living for `lifetime`; fails as long as `failing` is set.
class FakeFetcher final : public TokenFetcher {
 public:
  [[nodiscard]] Task<Result<AccessToken>> fetch() override {
    ++calls;
    if (gate) co_await gate->wait();
    if (failing) co_return *failing;
    co_return AccessToken{"t" + std::to_string(calls), lifetime};
  }
  [[nodiscard]] std::string describe() const override { return "a fake"; }

  int calls = 0;
  Duration lifetime = 1h;
  std::shared_ptr<Event> gate;
  std::optional<Error> failing;
};

class TokenCacheTest : public ::testing::Test {
 protected:
  TokenCacheTest() { make_cache(); }
  ~TokenCacheTest() override { end_cache(); }
  void make_cache() {
    auto owned = std::make_unique<FakeFetcher>();
    fetcher = owned.get();
    cache =
        std::make_unique<TokenCache>(io.get_executor(), std::move(owned), clock, random, logger);
  }
  void end_cache() {
    if (fetcher->gate) fetcher->gate->set();
    EXPECT_TRUE(testing::pump(io, close_cache()));
  }
  void renew_cache() {
    end_cache();
    make_cache();
  }
  Task<bool> close_cache() {
    co_await cache->close();
    co_return true;
  }
  // What a caller gets without any time going by; "(waits)", "(error)".
  std::string token_now() {
    auto asking = std::make_unique<testing::Pumped<Result<std::string>>>(io, cache->token());
    testing::run_ready(io);
    if (!asking->ended()) {
      waiting.push_back(std::move(asking));
      return "(waits)";
    }
    const auto token = asking->get();
    return token.ok() ? *token : "(error)";
  }
  void go_on(Duration duration) { testing::run_for(io, clock, duration); }

  boost::asio::io_context io{1};
  testing::ManualClock clock;
  testing::SeededRandom random;
  testing::RecordingLogger logger;
  FakeFetcher* fetcher;
  std::unique_ptr<TokenCache> cache;
  std::vector<std::unique_ptr<testing::Pumped<Result<std::string>>>> waiting;
};

TEST_F(TokenCacheTest, a_token_is_fetched_once_for_all_callers) {
  EXPECT_EQ(cache->cached(), nullptr);
  EXPECT_EQ(fetcher->calls, 0);
  fetcher->gate = std::make_shared<Event>();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(token_now(), "(waits)");
  fetcher->gate->set();
  for (auto& caller : waiting)
    EXPECT_EQ(*caller->get(), "t1");
  EXPECT_EQ(token_now(), "t1");
  ASSERT_NE(cache->cached(), nullptr);
  EXPECT_EQ(*cache->cached(), "Bearer t1");
  EXPECT_EQ(fetcher->calls, 1);
}

TEST_F(TokenCacheTest, the_next_token_is_fetched_in_the_background_ahead_of_time) {
  struct Case {
    Duration lifetime;
    Duration ahead;
  };
  const Case cases[] = {{1h, 5min}, {20min, 5min}, {8min, 2min}, {60s, 15s}};
  for (const auto& [lifetime, ahead] : cases) {
    renew_cache();
    fetcher->lifetime = lifetime;
    EXPECT_EQ(token_now(), "t1");
    fetcher->gate = std::make_shared<Event>();
    go_on(lifetime - ahead - 1ms);
    EXPECT_EQ(fetcher->calls, 1);
    go_on(1ms);
    EXPECT_EQ(fetcher->calls, 2);
    EXPECT_EQ(token_now(), "t1");  // meanwhile
    fetcher->gate->set();
    testing::run_ready(io);
    EXPECT_EQ(token_now(), "t2");
  }
}

TEST_F(TokenCacheTest, callers_wait_only_when_little_is_left) {
  EXPECT_EQ(token_now(), "t1");
  fetcher->gate = std::make_shared<Event>();
  go_on(1h - 10s);
  EXPECT_EQ(token_now(), "t1");
  EXPECT_NE(cache->cached(), nullptr);
  go_on(1ms);
  EXPECT_EQ(cache->cached(), nullptr);
  EXPECT_EQ(token_now(), "(waits)");
  fetcher->gate->set();
  testing::run_ready(io);
  EXPECT_EQ(*waiting.back()->get(), "t2");
}

TEST_F(TokenCacheTest, a_failure_shows_only_once_the_token_has_expired) {
  EXPECT_EQ(token_now(), "t1");
  fetcher->failing = Error(ErrorCode::unavailable, "server on fire");
  go_on(1h - 1ms);
  EXPECT_EQ(token_now(), "t1");  // also in the last ten seconds
  EXPECT_GT(logger.count("could not refresh"), 3U);
  EXPECT_GT(logger.count("server on fire"), 3U);
  go_on(1ms);
  EXPECT_EQ(token_now(), "(error)");
  fetcher->failing.reset();
  go_on(1min);
  EXPECT_EQ(token_now(), "t" + std::to_string(fetcher->calls));
}

TEST_F(TokenCacheTest, tries_become_rarer_up_to_a_minute) {
  fetcher->failing = Error(ErrorCode::unavailable, "no");
  EXPECT_EQ(token_now(), "(error)");
  EXPECT_EQ(token_now(), "(error)");  // at once, between two tries
  EXPECT_EQ(fetcher->calls, 1);
  go_on(1s - 1ms);
  EXPECT_EQ(fetcher->calls, 1);
  go_on(1s + 1ms);
  EXPECT_EQ(fetcher->calls, 2);
  go_on(10min);
  const auto before = fetcher->calls;
  EXPECT_LT(before, 25);
  go_on(10min);
  EXPECT_GE(fetcher->calls - before, 9);
  EXPECT_LE(fetcher->calls - before, 21);
}

TEST_F(TokenCacheTest, a_token_that_hardly_lives_does_not_make_a_hot_loop) {
  fetcher->lifetime = 1ms;
  EXPECT_EQ(token_now(), "t1");
  go_on(10s);
  EXPECT_LE(fetcher->calls, 11);
}

TEST_F(TokenCacheTest, the_time_of_the_request_counts_against_the_token) {
  fetcher->gate = std::make_shared<Event>();
  fetcher->lifetime = 60s;
  EXPECT_EQ(token_now(), "(waits)");
  go_on(20s);
  fetcher->gate->set();
  testing::run_ready(io);
  EXPECT_EQ(*waiting.back()->get(), "t1");
  fetcher->gate = std::make_shared<Event>();
  go_on(30s);
  EXPECT_NE(cache->cached(), nullptr);
  go_on(1ms);
  EXPECT_EQ(cache->cached(), nullptr);
}

TEST_F(TokenCacheTest, the_start_waits_for_several_tries) {
  fetcher->failing = Error(ErrorCode::unavailable, "no");
  testing::Pumped starting(io, cache->wait_for_token(3));
  go_on(1s);
  EXPECT_FALSE(starting.ended());
  go_on(20s);
  ASSERT_TRUE(starting.ended());
  EXPECT_EQ(starting.get().error().message(), "no");
  testing::Pumped again(io, cache->wait_for_token(100));
  fetcher->failing.reset();
  go_on(1min);
  ASSERT_TRUE(again.ended());
  EXPECT_TRUE(again.get().ok());
}

TEST_F(TokenCacheTest, a_refused_token_is_replaced_before_anybody_gets_it_again) {
  EXPECT_EQ(token_now(), "t1");
  go_on(10s);
  fetcher->gate = std::make_shared<Event>();
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(cache->refresh());
  EXPECT_EQ(cache->cached(), nullptr);
  EXPECT_EQ(token_now(), "(waits)");
  EXPECT_TRUE(cache->refresh());
  fetcher->gate->set();
  testing::run_ready(io);
  EXPECT_EQ(*waiting.back()->get(), "t2");
  EXPECT_EQ(*cache->cached(), "Bearer t2");
  EXPECT_EQ(fetcher->calls, 2);
  // Refreshing ahead of time goes on from there.
  go_on(55min - 1ms);
  EXPECT_EQ(fetcher->calls, 2);
  go_on(1ms);
  EXPECT_EQ(fetcher->calls, 3);
}

TEST_F(TokenCacheTest, a_token_just_fetched_is_not_the_refused_one) {
  EXPECT_TRUE(cache->refresh());  // there is none
  EXPECT_EQ(fetcher->calls, 0);
  EXPECT_EQ(token_now(), "t1");
  go_on(10s - 1ms);
  EXPECT_TRUE(cache->refresh());
  EXPECT_EQ(token_now(), "t1");
  go_on(1ms);
  EXPECT_TRUE(cache->refresh());
  EXPECT_EQ(token_now(), "t2");
}

TEST_F(TokenCacheTest, a_refused_token_is_better_than_none) {
  EXPECT_EQ(token_now(), "t1");
  go_on(10s);
  fetcher->failing = Error(ErrorCode::unavailable, "no");
  EXPECT_TRUE(cache->refresh());
  EXPECT_EQ(token_now(), "t1");
  EXPECT_EQ(fetcher->calls, 2);
  go_on(10min);
  EXPECT_GT(fetcher->calls, 10);
  EXPECT_LT(fetcher->calls, 25);
  fetcher->failing.reset();
  go_on(1min);
  EXPECT_EQ(token_now(), "t" + std::to_string(fetcher->calls));
  const auto calls = fetcher->calls;
  go_on(50min);
  EXPECT_EQ(fetcher->calls, calls);
}

TEST_F(TokenCacheTest, closing_ends_waits_and_refreshing) {
  fetcher->gate = std::make_shared<Event>();
  EXPECT_EQ(token_now(), "(waits)");
  testing::Pumped closing(io, close_cache());
  testing::run_ready(io);
  EXPECT_EQ(waiting.back()->get().error().code(), ErrorCode::cancelled);
  EXPECT_FALSE(closing.ended());  // the request is under way
  fetcher->gate->set();
  EXPECT_TRUE(closing.get());
  go_on(2h);
  EXPECT_EQ(fetcher->calls, 1);
}

TEST_F(TokenCacheTest, nothing_is_started_after_closing) {
  EXPECT_TRUE(testing::pump(io, close_cache()));
  EXPECT_EQ(token_now(), "(error)");
  EXPECT_EQ(fetcher->calls, 0);
}

TEST(TokenCacheThreads, callers_of_several_threads_share_one_refresh) {
  boost::asio::io_context home{1};
  RealClock clock;
  testing::SeededRandom random;
  NullLogger logger;
  auto owned = std::make_unique<FakeFetcher>();
  auto& fake = *owned;
  TokenCache cache(home.get_executor(), std::move(owned), clock, random, logger);
  auto work = boost::asio::make_work_guard(home);
  std::thread loop([&home] { home.run(); });
  // They outlive the thread that wakes them, which may still be busy with that.
  std::array<boost::asio::io_context, 4> contexts;
  std::vector<std::thread> callers;
  callers.reserve(contexts.size());
  std::atomic<int> good = 0;
  for (auto& own : contexts) {
    callers.emplace_back([&] {
      for (int j = 0; j < 100; ++j)
        good += *testing::pump(own, cache.token()) == "t1" && *cache.cached() == "Bearer t1";
    });
  }
  for (auto& caller : callers)
    caller.join();
  EXPECT_EQ(good, 400);
  boost::asio::io_context own{1};
  testing::Pumped closing(own, [](TokenCache& closed) -> Task<bool> {
    co_await closed.close();
    co_return true;
  }(cache));
  EXPECT_TRUE(closing.get());
  work.reset();
  loop.join();
  EXPECT_EQ(fake.calls, 1);
}

}  // namespace
}  // namespace objectstore
