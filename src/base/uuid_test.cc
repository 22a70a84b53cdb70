#include "base/uuid.h"

#include <gtest/gtest.h>

namespace objectstore {
namespace {

constexpr std::string_view example = "0196523c-7b2a-7d3e-9c51-0d2f6a1b4e77";

TEST(Uuid, text_form_survives_a_round_trip) {
  const auto uuid = Uuid::parse(example);
  ASSERT_TRUE(uuid);
  EXPECT_EQ(uuid->str(), example);
  EXPECT_EQ(Uuid::from_bytes(uuid->bytes()), uuid);
  EXPECT_EQ(uuid->low_byte(), 0x77);
}

TEST(Uuid, upper_case_is_read_and_written_in_lower_case) {
  const auto uuid = Uuid::parse("0196523C-7B2A-7D3E-9C51-0D2F6A1B4E77");
  ASSERT_TRUE(uuid);
  EXPECT_EQ(uuid->str(), example);
}

TEST(Uuid, other_texts_are_refused) {
  for (const std::string_view text :
       {"", "0196523c7b2a7d3e9c510d2f6a1b4e77", "0196523c-7b2a-7d3e-9c51-0d2f6a1b4e7",
        "0196523c-7b2a-7d3e-9c51-0d2f6a1b4e777", "0196523c-7b2a-7d3e-9c51-0d2f6a1b4e7g",
        "0196523c-7b2a-7d3e-9c510-d2f6a1b4e77", "{196523c-7b2a-7d3e-9c51-0d2f6a1b4e7}"}) {
    EXPECT_FALSE(Uuid::parse(text)) << text;
  }
}

TEST(Uuid, only_sixteen_bytes_make_a_uuid) {
  EXPECT_FALSE(Uuid::from_bytes(std::string(15, 'x')));
  EXPECT_FALSE(Uuid::from_bytes(std::string(17, 'x')));
}

TEST(Uuid, version_7_carries_its_time_version_and_variant) {
  const auto uuid = Uuid::v7(0x0196523c7b2a, ~0ULL, ~0ULL);
  EXPECT_EQ(uuid.str(), "0196523c-7b2a-7fff-bfff-ffffffffffff");
  EXPECT_EQ(uuid.unix_ms(), 0x0196523c7b2aU);
  EXPECT_EQ(Uuid::v7(1, 0, 0).str(), "00000000-0001-7000-8000-000000000000");
}

TEST(Uuid, version_4_carries_its_version_and_variant) {
  EXPECT_EQ(Uuid::v4(~0ULL, ~0ULL).str(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
  EXPECT_EQ(Uuid::v4(0, 0).str(), "00000000-0000-4000-8000-000000000000");
}

TEST(Uuid, later_version_7_ids_sort_after_earlier_ones) {
  EXPECT_LT(Uuid::v7(255, ~0ULL, ~0ULL), Uuid::v7(256, 0, 0));
  EXPECT_LT(Uuid::v7(255, ~0ULL, ~0ULL).str(), Uuid::v7(256, 0, 0).str());
}

}  // namespace
}  // namespace objectstore
