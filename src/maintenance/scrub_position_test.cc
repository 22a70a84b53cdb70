#include "maintenance/scrub_position.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace objectstore {
namespace {

TEST(ScrubPositionTest, positions_of_any_bytes_survive_as_printable_text) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte)
    every_byte += static_cast<char>(byte);
  for (const auto phase :
       {ScrubPhase::log, ScrubPhase::quarantine, ScrubPhase::rows, ScrubPhase::blobs}) {
    for (const auto& from : {std::string(), std::string("u/objects/a b%20:"), every_byte}) {
      const ScrubPosition position{phase, from};
      const auto text = encode_position(position);
      EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; }));
      const auto parsed = parse_position(text);
      ASSERT_TRUE(parsed.ok()) << text;
      EXPECT_EQ(*parsed, position);
    }
  }
}

TEST(ScrubPositionTest, what_it_did_not_write_is_refused_with_a_reason) {
  for (const auto* text : {"", "rows:", "2:rows:", "1:", "1:rows", "1:tables:", "1:rows:a b",
                           "1:rows:%2", "1:rows:%41", "1:rows:%c3", "1:rows:a\n", "1:rows:ü"}) {
    const auto parsed = parse_position(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code(), ErrorCode::invalid_argument);
    EXPECT_NE(parsed.error().message().find("can't resume from"), std::string::npos);
  }
}

}  // namespace
}  // namespace objectstore
