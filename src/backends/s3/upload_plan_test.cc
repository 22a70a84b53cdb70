#include "backends/s3/upload_plan.h"

#include <gtest/gtest.h>

namespace objectstore {
namespace {

constexpr std::uint64_t mib = 1 << 20;

TEST(UploadPlan, ten_thousand_parts_hold_the_largest_object) {
  for (const std::uint64_t first : {5 * mib, 8 * mib, 64 * mib, largest_part}) {
    std::uint64_t total = 0;
    for (std::uint32_t number = 1; number <= most_parts; ++number) {
      const auto length = part_length(first, number);
      ASSERT_GE(length, first);
      ASSERT_LE(length, largest_part);
      total += length;
    }
    EXPECT_GE(total, std::uint64_t{5} << 40) << first;
  }
}

TEST(UploadPlan, parts_of_common_objects_keep_their_length) {
  EXPECT_EQ(part_length(8 * mib, 1), 8 * mib);
  EXPECT_EQ(part_length(8 * mib, 900), 8 * mib);
  EXPECT_EQ(part_length(8 * mib, 901), 16 * mib);
}

}  // namespace
}  // namespace objectstore
