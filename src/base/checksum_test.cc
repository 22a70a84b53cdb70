#include "base/checksum.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace objectstore {
namespace {

TEST(Checksum, is_xxh3_with_64_bits) {
  EXPECT_EQ(checksum64(""), 0x2d06800538d394c2);
  EXPECT_EQ(checksum64("hello"), 0x9555e8555c62dcfd);
  EXPECT_NE(checksum64("hello", 1), checksum64("hello"));
}

TEST(Checksum, a_stream_in_pieces_of_any_size_gives_the_same) {
  std::string bytes;
  for (int i = 0; i < 3000; ++i)
    bytes += static_cast<char>(i * 31);
  for (const std::size_t piece : {1, 7, 240, 1024, 3000}) {
    Checksum64Stream stream;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      EXPECT_EQ(stream.digest(), checksum64(std::string_view(bytes).substr(0, at)));
      stream.update(std::string_view(bytes).substr(at, piece));
    }
    Checksum64Stream moved = std::move(stream);
    EXPECT_EQ(moved.digest(), checksum64(bytes));
  }
}

}  // namespace
}  // namespace objectstore
