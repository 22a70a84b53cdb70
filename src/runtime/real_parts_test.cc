// Clock, random and thread pool of a real process.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <set>
#include <thread>

#include "runtime/real_clock.h"
#include "runtime/real_random.h"
#include "runtime/task_scope.h"
#include "runtime/thread_pool.h"

namespace objectstore {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

void spawn(asio::io_context& io, Task<void> task) {
  asio::co_spawn(io, std::move(task), asio::detached);
}

Task<void> sleep_and_note(Clock& clock, Duration duration, bool& woke) {
  co_await clock.sleep_for(duration);
  woke = true;
}

TEST(RealClock, sleeps_until_the_time_asked_for) {
  asio::io_context io;
  RealClock clock;
  bool woke = false;
  const auto before = clock.monotonic_now();
  spawn(io, sleep_and_note(clock, 5ms, woke));
  io.run();
  EXPECT_TRUE(woke);
  EXPECT_GE(clock.monotonic_now() - before, 5ms);
}

TEST(RealClock, stopped_sleep_returns_early_without_throwing) {
  asio::io_context io;
  RealClock clock;
  TaskScope scope;
  bool woke = false;
  scope.spawn(io.get_executor(), sleep_and_note(clock, 1h, woke));
  io.poll();
  EXPECT_FALSE(woke);
  scope.request_stop();
  io.run();
  EXPECT_TRUE(woke);
}

TEST(RealClock, wall_time_is_the_systems) {
  EXPECT_LT(std::chrono::abs(RealClock().now() - std::chrono::system_clock::now()), 1min);
}

TEST(RealRandom, threads_draw_different_numbers) {
  RealRandom random;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i)
    seen.insert(random.next());
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i)
      seen.insert(random.next());
  });
  other.join();
  EXPECT_EQ(seen.size(), 2000U);
}

Task<void> add_in_pool(BlockingPool& pool, std::atomic<int>& sum, int& resumed_here,
                       std::thread::id loop) {
  auto work = [&sum, loop] { return sum.fetch_add(1) >= 0 && std::this_thread::get_id() != loop; };
  const bool off_loop = co_await pool.run(work);
  EXPECT_TRUE(off_loop);
  if (std::this_thread::get_id() == loop) ++resumed_here;
}

TEST(ThreadPool, more_callers_than_places_all_run_and_resume_on_their_executor) {
  asio::io_context io;
  ThreadPool pool(2, 3);
  std::atomic<int> sum = 0;
  int resumed_here = 0;
  for (int i = 0; i < 100; ++i) {
    spawn(io, add_in_pool(pool, sum, resumed_here, std::this_thread::get_id()));
  }
  io.run();
  EXPECT_EQ(sum, 100);
  EXPECT_EQ(resumed_here, 100);
}

Task<void> note_order(BlockingPool& pool, std::vector<int>& order, int number,
                      std::shared_future<void> gate) {
  auto work = [&order, number, gate] {
    gate.wait();
    order.push_back(number);
  };
  co_await pool.run(work);
}

TEST(ThreadPool, callers_are_served_first_come_first_served) {
  asio::io_context io;
  ThreadPool pool(1, 2);
  std::promise<void> gate;
  const std::shared_future<void> opened = gate.get_future().share();
  std::vector<int> order;
  for (int i = 0; i < 6; ++i)
    spawn(io, note_order(pool, order, i, opened));
  io.poll();
  EXPECT_TRUE(order.empty());
  gate.set_value();
  io.run();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5}));
}

}  // namespace
}  // namespace objectstore
