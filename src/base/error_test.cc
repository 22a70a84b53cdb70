#include "base/error.h"

#include <gtest/gtest.h>

#include <set>

namespace objectstore {
namespace {

constexpr auto last_code = ErrorCode::internal;

TEST(Error, every_code_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(last_code); ++code) {
    names.insert(to_string(static_cast<ErrorCode>(code)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(last_code) + 1);
}

TEST(Error, only_passing_conditions_are_retryable) {
  const std::set<ErrorCode> retryable = {ErrorCode::unavailable, ErrorCode::deadline_exceeded,
                                         ErrorCode::at_capacity, ErrorCode::out_of_space};
  for (int i = 0; i <= static_cast<int>(last_code); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    EXPECT_EQ(Error(code, "x").retryable(), retryable.contains(code)) << to_string(code);
  }
}

TEST(Error, wrapping_keeps_the_code_and_lists_causes_outermost_first) {
  const auto error = Error(ErrorCode::io, "disk").wrap("row").wrap("put");
  EXPECT_EQ(error.code(), ErrorCode::io);
  EXPECT_EQ(error.message(), "put");
  EXPECT_EQ(error.causes(), (std::vector<std::string>{"row", "disk"}));
  EXPECT_EQ(error.describe(), "put: row: disk");
}

}  // namespace
}  // namespace objectstore
