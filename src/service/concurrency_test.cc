#include "service/concurrency.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <barrier>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "service/slot_queue.h"
#include "testing/manual_clock.h"
#include "testing/recording_logger.h"

namespace objectstore {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::run_for;
using testing::run_ready;
using Answer = std::shared_ptr<std::optional<Result<ConcurrencyPermit>>>;

constexpr auto single = OperationClass::single;
constexpr auto bulk = OperationClass::bulk;

ServiceConfig config(std::uint32_t slots, std::uint32_t queue, std::uint32_t bulk_pct = 60) {
  return {slots, queue, 1s, bulk_pct};
}

Task<void> acquire_into(ConcurrencyLimit& limit, OperationClass operation_class, Answer answer) {
  answer->emplace(co_await limit.acquire(operation_class));
}

void rethrow(const std::exception_ptr& error) {
  if (error) std::rethrow_exception(error);
}

struct World {
  explicit World(const ServiceConfig& settings) : limit(settings, clock, metrics, logger) {}

  Answer acquire(OperationClass operation_class) {
    auto answer = std::make_shared<std::optional<Result<ConcurrencyPermit>>>();
    asio::co_spawn(context, acquire_into(limit, operation_class, answer), rethrow);
    run_ready(context);
    return answer;
  }
  double gauge(std::string_view name) {
    metrics.refresh();
    for (const auto* family : metrics.all_gauges()) {
      if (family->info().statsd != name) continue;
      double value = 0;
      family->each([&](const auto&, const Gauge& gauge) { value = gauge.value(); });
      return value;
    }
    return -1;
  }
  std::uint64_t rejected(std::string_view class_label) {
    std::uint64_t value = 0;
    for (const auto* family : metrics.all_counters()) {
      if (family->info().statsd != "service.concurrency.rejected") continue;
      family->each([&](const auto& labels, const Counter& counter) {
        if (labels.front() == class_label) value = counter.value();
      });
    }
    return value;
  }
  Histogram::Snapshot waits(std::string_view success) {
    Histogram::Snapshot snapshot;
    for (auto* family : metrics.all_histograms()) {
      family->each([&](const auto& labels, const Histogram& histogram) {
        if (labels.front() == success) snapshot = histogram.snapshot();
      });
    }
    return snapshot;
  }

  asio::io_context context;
  testing::ManualClock clock;
  Metrics metrics;
  testing::RecordingLogger logger;
  ConcurrencyLimit limit;
};

enum class State : std::uint8_t { waits, served, refused };
State state_of(const Answer& answer) {
  if (!answer->has_value()) return State::waits;
  return (*answer)->ok() ? State::served : State::refused;
}
void give_back(const Answer& answer) {
  (**answer)->release();
}

TEST(Concurrency, slots_are_taken_and_given_back) {
  World world(config(2, 0));
  auto first = world.limit.try_acquire(single);
  auto second = world.limit.try_acquire(single);
  EXPECT_TRUE(first && second);
  EXPECT_EQ(world.limit.in_use(), 2);
  EXPECT_FALSE(world.limit.try_acquire(single));
  first.release();
  first.release();
  EXPECT_EQ(world.limit.in_use(), 1);
  EXPECT_TRUE(world.limit.try_acquire(single));  // and gives it back at once
  ConcurrencyPermit moved = std::move(second);
  EXPECT_FALSE(second);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(world.limit.in_use(), 1);
  moved = ConcurrencyPermit();
  EXPECT_EQ(world.limit.in_use(), 0);
}

TEST(Concurrency, bulk_limit_is_a_share_rounded_up_and_at_least_one) {
  const struct {
    std::uint32_t slots, pct;
    std::uint64_t expected;
  } cases[] = {{500, 60, 300},
               {5, 50, 3},
               {10, 0, 1},
               {0, 60, 1},
               {1, 1, 1},
               {10, 100, 10},
               {10, 4'000'000'000, 10},
               {UINT32_MAX, 100, UINT32_MAX},
               {3, 34, 2}};
  for (const auto& c : cases) {
    World world(config(c.slots, 0, c.pct));
    EXPECT_EQ(world.limit.bulk_limit(), c.expected) << c.slots << " " << c.pct;
    EXPECT_EQ(world.limit.limit(), c.slots);
  }
}

TEST(Concurrency, without_a_queue_a_single_operation_is_refused_at_once) {
  World world(config(1, 0));
  const auto held = world.acquire(single);
  const auto refused = world.acquire(single);
  ASSERT_EQ(state_of(refused), State::refused);
  const auto& error = (*refused)->error();
  EXPECT_EQ(error, Error(ErrorCode::at_capacity, "concurrency limit reached"));
  EXPECT_EQ(world.rejected("normal"), 1);
  EXPECT_EQ(world.rejected("bulk"), 0);
  ASSERT_EQ(world.logger.lines().size(), 1);
  EXPECT_EQ(world.logger.lines()[0].level, LogLevel::warn);
  EXPECT_EQ(world.logger.lines()[0].fields, "class=normal");
}

TEST(Concurrency, a_limit_of_zero_refuses_all_at_once) {
  World world(config(0, 10));
  EXPECT_EQ(state_of(world.acquire(single)), State::refused);
  EXPECT_EQ(state_of(world.acquire(bulk)), State::refused);
  EXPECT_FALSE(world.limit.try_acquire(single));
  EXPECT_EQ(world.clock.sleepers(), 0);
}

TEST(Concurrency, waiters_are_served_in_the_order_of_arrival_and_nobody_overtakes_them) {
  World world(config(1, 2));
  const auto held = world.acquire(single);
  const auto first = world.acquire(single);
  const auto second = world.acquire(single);
  EXPECT_EQ(state_of(world.acquire(single)), State::refused);  // the queue is full
  give_back(held);
  // Before the waiter has gone on, its slot is taken.
  EXPECT_FALSE(world.limit.try_acquire(single));
  run_ready(world.context);
  EXPECT_EQ(state_of(first), State::served);
  EXPECT_EQ(state_of(second), State::waits);
  const auto third = world.acquire(single);
  give_back(first);
  run_ready(world.context);
  EXPECT_EQ(state_of(second), State::served);
  EXPECT_EQ(state_of(third), State::waits);
  give_back(second);
  run_ready(world.context);
  EXPECT_EQ(state_of(third), State::served);
  EXPECT_EQ(world.clock.sleepers(), 0);
}

TEST(Concurrency, a_waiter_whose_time_is_over_leaves_the_queue_and_takes_nothing) {
  World world(config(1, 1));
  const auto held = world.acquire(single);
  const auto late = world.acquire(single);
  run_for(world.context, world.clock, 999ms);
  EXPECT_EQ(state_of(late), State::waits);
  run_for(world.context, world.clock, 1ms);
  ASSERT_EQ(state_of(late), State::refused);
  EXPECT_EQ(world.rejected("normal"), 1);
  const auto next = world.acquire(single);  // there is room again
  give_back(held);
  run_ready(world.context);
  EXPECT_EQ(state_of(next), State::served);
  give_back(next);
  EXPECT_EQ(world.limit.in_use(), 0);
}

TEST(Concurrency, what_comes_first_of_a_free_slot_and_the_time_out_counts) {
  {
    World world(config(1, 1));
    const auto held = world.acquire(single);
    const auto waiter = world.acquire(single);
    give_back(held);
    world.clock.advance(2s);  // both are under way to the waiter
    run_ready(world.context);
    ASSERT_EQ(state_of(waiter), State::served);
    EXPECT_EQ(world.limit.in_use(), 1);
    give_back(waiter);
    EXPECT_EQ(world.limit.in_use(), 0);
  }
  {
    World world(config(1, 1));
    const auto held = world.acquire(single);
    const auto waiter = world.acquire(single);
    world.clock.advance(2s);
    give_back(held);  // the time-out has not been heard yet
    run_ready(world.context);
    EXPECT_EQ(state_of(waiter), State::served);
    give_back(waiter);
    EXPECT_EQ(world.limit.in_use(), 0);
  }
  {
    World world(config(1, 1));
    const auto held = world.acquire(single);
    const auto waiter = world.acquire(single);
    run_for(world.context, world.clock, 1s);
    give_back(held);
    run_ready(world.context);
    EXPECT_EQ(state_of(waiter), State::refused);
    EXPECT_EQ(world.limit.in_use(), 0);
  }
}

TEST(Concurrency, time_outs_of_nothing_and_of_ages) {
  auto settings = config(1, 1);
  settings.concurrency_timeout = {};
  World hasty(settings);
  const auto held = hasty.acquire(single);
  EXPECT_EQ(state_of(hasty.acquire(single)), State::refused);

  settings.concurrency_timeout = Duration::max();
  World patient(settings);
  const auto taken = patient.acquire(single);
  const auto waiter = patient.acquire(single);
  run_for(patient.context, patient.clock, 1000h);
  EXPECT_EQ(state_of(waiter), State::waits);
  give_back(taken);
  run_ready(patient.context);
  EXPECT_EQ(state_of(waiter), State::served);
}

TEST(Concurrency, bulk_operations_wait_without_a_queue_limit_for_place_and_slot_in_one_time) {
  World world(config(4, 0, 50));
  const auto first = world.acquire(bulk);
  const auto second = world.acquire(bulk);
  const auto third = world.acquire(bulk);
  const auto fourth = world.acquire(bulk);
  EXPECT_EQ(state_of(third), State::waits);
  // Those who wait for a place keep no single operation from the slots.
  const auto single_one = world.acquire(single);
  const auto single_two = world.acquire(single);
  EXPECT_EQ(state_of(single_one), State::served);
  EXPECT_EQ(state_of(single_two), State::served);
  run_for(world.context, world.clock, 600ms);
  give_back(first);
  run_ready(world.context);
  EXPECT_EQ(state_of(third), State::served);
  EXPECT_EQ(state_of(fourth), State::waits);
  run_for(world.context, world.clock, 400ms);
  EXPECT_EQ(state_of(fourth), State::refused);
  EXPECT_EQ(world.rejected("bulk"), 1);
}

TEST(Concurrency, a_bulk_operation_that_gives_up_gives_its_place_on) {
  World world(config(2, 0, 50));
  const auto one = world.acquire(single);
  const auto two = world.acquire(single);
  const auto with_place = world.acquire(bulk);
  run_for(world.context, world.clock, 500ms);
  const auto for_place = world.acquire(bulk);
  EXPECT_EQ(world.gauge("service.concurrency.bulk_in_use"), 1);
  run_for(world.context, world.clock, 500ms);
  EXPECT_EQ(state_of(with_place), State::refused);
  EXPECT_EQ(world.gauge("service.concurrency.bulk_in_use"), 1);
  give_back(one);
  run_ready(world.context);
  EXPECT_EQ(state_of(for_place), State::served);
  give_back(for_place);
  give_back(two);
  EXPECT_EQ(world.limit.in_use(), 0);
  EXPECT_EQ(world.gauge("service.concurrency.bulk_in_use"), 0);
}

TEST(Concurrency, gauges_and_waits_are_shown) {
  World world(config(2, 7, 50));
  EXPECT_EQ(world.gauge("service.concurrency.limit"), 2);
  EXPECT_EQ(world.gauge("service.concurrency.queue_limit"), 7);
  EXPECT_EQ(world.gauge("service.concurrency.bulk_limit"), 1);
  const auto one = world.acquire(bulk);
  const auto two = world.acquire(single);
  const auto three = world.acquire(single);
  EXPECT_EQ(world.gauge("service.concurrency.in_use"), 2);
  EXPECT_EQ(world.gauge("service.concurrency.bulk_in_use"), 1);
  EXPECT_EQ(world.gauge("service.concurrency.queued"), 1);
  run_for(world.context, world.clock, 1s);
  EXPECT_EQ(world.gauge("service.concurrency.queued"), 0);
  EXPECT_EQ(world.waits("true").count, 2);
  EXPECT_EQ(world.waits("true").sum, 0);
  EXPECT_EQ(world.waits("false").count, 1);
  EXPECT_EQ(world.waits("false").sum, 1);
}

// --- against a simple reference ------------------------------------------------------------------

struct Reference {
  struct Operation {
    OperationClass operation_class;
    State state;
    MonotonicTime deadline;
    bool has_place = false;
    bool released = false;
  };
  std::size_t slots, places, queue;
  std::vector<Operation> operations;  // by arrival

  template <class Condition>
  std::size_t count(Condition condition) const {
    return static_cast<std::size_t>(std::count_if(operations.begin(), operations.end(), condition));
  }
  std::size_t running() const {
    return count([](auto& o) { return o.state == State::served && !o.released; });
  }
  std::size_t places_taken() const {
    return count([](auto& o) { return o.has_place && !o.released && o.state != State::refused; });
  }
  std::size_t waiting_singles() const {
    return count([](auto& o) { return o.state == State::waits && o.operation_class == single; });
  }

  void serve() {
    for (auto& operation : operations) {
      const bool wants_place = operation.state == State::waits &&
                               operation.operation_class == bulk && !operation.has_place;
      if (wants_place && places_taken() < places) operation.has_place = true;
    }
    for (auto& operation : operations) {
      const bool ready = operation.state == State::waits &&
                         (operation.operation_class == single || operation.has_place);
      if (ready && running() < slots) operation.state = State::served;
    }
  }
  void acquire(OperationClass operation_class, MonotonicTime deadline) {
    const bool room = operation_class == bulk || waiting_singles() < queue;
    operations.push_back({operation_class, State::waits, deadline});
    serve();
    auto& operation = operations.back();
    if (operation.state == State::waits && (!room || slots == 0)) operation.state = State::refused;
  }
  void time_is(MonotonicTime now) {
    for (auto& operation : operations) {
      if (operation.state == State::waits && operation.deadline <= now)
        operation.state = State::refused;
    }
    serve();
  }
};

RC_GTEST_PROP(Concurrency, does_as_the_reference_does, ()) {
  const auto slots = *rc::gen::inRange<std::uint32_t>(0, 4);
  const auto queue = *rc::gen::inRange<std::uint32_t>(0, 4);
  const auto pct = *rc::gen::element(0U, 34U, 50U, 100U, 250U);
  World world(config(slots, queue, pct));
  Reference reference{slots, static_cast<std::size_t>(world.limit.bulk_limit()), queue, {}};
  std::vector<Answer> answers;

  const auto steps = *rc::gen::container<std::vector<std::pair<int, unsigned>>>(
      rc::gen::pair(rc::gen::inRange(0, 8), rc::gen::inRange(0U, 100U)));
  for (const auto& [action, number] : steps) {
    const auto now = world.clock.monotonic_now();
    if (action < 4) {
      const auto operation_class = action < 2 ? single : bulk;
      answers.push_back(world.acquire(operation_class));
      reference.acquire(operation_class, now + 1s);
    } else if (action == 4) {
      const auto operation_class = number % 2 == 0 ? single : bulk;
      const bool free = reference.running() < slots &&
                        (operation_class == single || reference.places_taken() < reference.places);
      RC_ASSERT(bool{world.limit.try_acquire(operation_class)} == free);
    } else if (action < 7) {
      if (answers.empty()) continue;
      const auto chosen = number % answers.size();
      if (state_of(answers[chosen]) != State::served) continue;
      give_back(answers[chosen]);
      run_ready(world.context);
      reference.operations[chosen].released = true;
      reference.serve();
    } else {
      const auto step = std::chrono::milliseconds(number * 10);
      run_for(world.context, world.clock, step);
      reference.time_is(now + step);
    }
    for (std::size_t i = 0; i < answers.size(); ++i)
      RC_ASSERT(state_of(answers[i]) == reference.operations[i].state);
    RC_ASSERT(world.limit.in_use() == reference.running());
    RC_ASSERT(world.gauge("service.concurrency.bulk_in_use") == reference.places_taken());
    RC_ASSERT(world.gauge("service.concurrency.queued") == reference.waiting_singles());
  }
  run_for(world.context, world.clock, 1s);
  for (const auto& answer : answers)
    RC_ASSERT(state_of(answer) != State::waits);
  RC_ASSERT(world.clock.sleepers() == 0U);
  answers.clear();
  RC_ASSERT(world.limit.in_use() == 0U);
}

// --- several threads -----------------------------------------------------------------------------

TEST(SlotQueue, serving_and_leaving_at_the_same_time_leaks_no_slot) {
  constexpr int rounds = 5000;
  SlotQueue queue({1, 1, 1});
  std::unique_ptr<SlotQueue::Waiter> waiter;
  std::barrier<> start(3);
  std::barrier<> end(3);
  const auto each_round = [&](auto action) {
    return std::thread([&, action] {
      for (int i = 0; i < rounds; ++i) {
        start.arrive_and_wait();
        action();
        end.arrive_and_wait();
      }
    });
  };
  auto giver = each_round([&] { queue.give_back(single); });
  auto leaver = each_round([&] { queue.leave(*waiter); });
  for (int i = 0; i < rounds; ++i) {
    ASSERT_TRUE(queue.try_take(single));
    waiter = std::make_unique<SlotQueue::Waiter>(single);
    ASSERT_TRUE(queue.enter(*waiter));
    start.arrive_and_wait();
    end.arrive_and_wait();
    EXPECT_EQ(queue.used().waiting_singles, 0);
    ASSERT_EQ(queue.used().slots, waiter->served() ? 1 : 0);
    if (waiter->served()) queue.give_back(single);
  }
  giver.join();
  leaver.join();
}

struct Load {
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  std::atomic<int> served = 0;
  std::atomic<int> refused = 0;
  std::atomic<int> left = 0;
};

Task<void> yield() {
  auto go_on = [](Completer<Done> completer) { completer.complete(Done{}); };
  co_await await_callback<Done>(go_on);
}

Task<void> work(ConcurrencyLimit& limit, OperationClass operation_class, Load& load) {
  for (int i = 0; i < 100; ++i) {
    auto permit = co_await limit.acquire(operation_class);
    if (!permit.ok()) {
      ++load.refused;
      continue;
    }
    const int now = ++load.running;
    for (int most = load.most; now > most && !load.most.compare_exchange_weak(most, now);) {
    }
    co_await yield();
    --load.running;
    ++load.served;
  }
  --load.left;
}

TEST(Concurrency, holds_on_several_threads_while_time_runs) {
  testing::ManualClock clock;
  Metrics metrics;
  NullLogger logger;
  auto settings = config(3, 20);
  settings.concurrency_timeout = 1ms;
  ConcurrencyLimit limit(settings, clock, metrics, logger);
  Load load;
  constexpr int workers_each = 12;
  asio::io_context contexts[2];
  load.left = 2 * workers_each;
  for (auto& context : contexts) {
    for (int i = 0; i < workers_each; ++i)
      asio::co_spawn(context, work(limit, i % 3 == 0 ? bulk : single, load), rethrow);
  }
  std::vector<std::thread> threads;
  threads.reserve(std::size(contexts));
  for (auto& context : contexts)
    threads.emplace_back([&context, &load] {
      while (load.left > 0) {
        context.restart();
        context.run_one_for(1ms);
      }
      context.restart();
      context.run();
    });
  while (load.left > 0) {
    clock.advance(100us);
    std::this_thread::yield();
  }
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(limit.in_use(), 0);
  EXPECT_LE(load.most, 3);
  EXPECT_GT(load.served, 0);
  EXPECT_EQ(load.served + load.refused, 2 * workers_each * 100);
}

}  // namespace
}  // namespace objectstore
