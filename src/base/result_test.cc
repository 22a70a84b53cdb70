#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace objectstore {
namespace {

Error failure() {
  return {ErrorCode::conflict, "no"};
}

Result<int> half(int number) {
  if (number % 2 != 0) return failure();
  return number / 2;
}

Result<void> require_even(int number) {
  TRY(half(number));
  return {};
}

Result<std::string> quarter(int number) {
  TRY(require_even(number));
  TRY_ASSIGN(const int once, half(number));
  TRY_ASSIGN(const int twice, half(once));
  return std::to_string(twice);
}

TEST(Result, holds_a_value_or_an_error) {
  EXPECT_TRUE(half(4).ok());
  EXPECT_EQ(*half(4), 2);
  EXPECT_FALSE(half(3));
  EXPECT_EQ(half(3).error(), failure());
  EXPECT_TRUE(require_even(2));
  EXPECT_EQ(require_even(3).error(), failure());
}

TEST(Result, try_leaves_with_the_first_error) {
  EXPECT_EQ(*quarter(8), "2");
  EXPECT_EQ(quarter(6).error(), failure());
  EXPECT_EQ(quarter(7).error(), failure());
}

TEST(Result, values_that_only_move_can_be_taken_out) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  const auto taken = std::move(result).value();
  EXPECT_EQ(*taken, 7);
}

TEST(ResultDeathTest, the_wrong_side_is_never_read) {
  EXPECT_DEATH((void)half(3).value(), "assertion failed");
  EXPECT_DEATH((void)half(4).error(), "assertion failed");
  EXPECT_DEATH((void)Result<void>().error(), "assertion failed");
}

}  // namespace
}  // namespace objectstore
