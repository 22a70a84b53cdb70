#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <string>

namespace objectstore {
namespace {

// RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
TEST(Crc32c, known_values) {
  std::string rising;
  std::string falling;
  for (char byte = 0; byte < 32; ++byte) {
    rising += byte;
    falling += static_cast<char>(31 - byte);
  }
  const std::pair<std::string, std::uint32_t> cases[] = {
      {"", 0},
      {"123456789", 0xE3069283},
      {std::string(32, '\0'), 0x8A9136AA},
      {std::string(32, '\xff'), 0x62A8AB43},
      {rising, 0x46DD794E},
      {falling, 0x113FDB5C},
  };
  for (const auto& [bytes, value] : cases) {
    EXPECT_EQ(crc32c(bytes), value);
    EXPECT_EQ(crc32c_portable(bytes), value);
  }
}

TEST(Crc32c, both_ways_agree_at_every_length_and_cut) {
  std::string bytes;
  std::uint32_t mixed = 1;
  while (bytes.size() < 60'000) {
    mixed = mixed * 1'664'525 + 1'013'904'223;
    bytes += static_cast<char>(mixed >> 24);
  }
  for (const std::size_t size :
       {1, 7, 8, 9, 63, 4095, 4096, 12'287, 12'288, 12'289, 24'575, 24'576, 36'865, 59'990}) {
    for (const std::size_t from : {0, 1, 5}) {
      const auto part = std::string_view(bytes).substr(from, size);
      const auto value = crc32c_portable(part);
      EXPECT_EQ(crc32c(part), value) << size << " bytes from " << from;
      const auto cut = size / 3;
      EXPECT_EQ(crc32c(part.substr(cut), crc32c(part.substr(0, cut))), value) << size;
    }
  }
}

}  // namespace
}  // namespace objectstore
