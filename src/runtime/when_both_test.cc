#include "runtime/when_both.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "testing/run.h"

namespace objectstore::testing {
namespace {

Task<int> number_after(Event& gate, int number) {
  co_await gate.wait();
  co_return number;
}

Task<std::string> text_then_open(Event& gate, std::string text) {
  gate.set();
  co_return text;
}

Task<int> throwing() {
  throw std::runtime_error("out of luck");
  co_return 0;
}

// Notes that it has gone on after the other one has ended.
Task<int> slow(bool& ended) {
  const auto executor = co_await boost::asio::this_coro::executor;
  for (int i = 0; i < 10; ++i)
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
  ended = true;
  co_return 1;
}

TEST(WhenBoth, each_may_wait_for_the_other) {
  Event gate;
  auto both = when_both(number_after(gate, 5), text_then_open(gate, "x"));
  const auto [number, text] = run(std::move(both));
  EXPECT_EQ(number, 5);
  EXPECT_EQ(text, "x");
}

TEST(WhenBoth, what_one_throws_is_thrown_when_the_other_has_ended) {
  for (const bool first_throws : {true, false}) {
    bool ended = false;
    auto both =
        first_throws ? when_both(throwing(), slow(ended)) : when_both(slow(ended), throwing());
    EXPECT_THROW(run(std::move(both)), std::runtime_error);
    EXPECT_TRUE(ended);
  }
}

}  // namespace
}  // namespace objectstore::testing
