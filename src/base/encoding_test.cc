#include "base/encoding.h"

#include <gtest/gtest.h>

namespace objectstore {
namespace {

using namespace std::literals;

std::string written_sample() {
  std::string out;
  append_u8(out, 0xfe);
  append_u32(out, 0x01020304);
  append_u64(out, 0x0102030405060708);
  append_u64_big_endian(out, 0x0102030405060708);
  append_bytes(out, "ab\0"sv);
  return out;
}

TEST(Encoding, fields_have_the_documented_bytes) {
  EXPECT_EQ(written_sample(),
            "\xfe"
            "\x04\x03\x02\x01"
            "\x08\x07\x06\x05\x04\x03\x02\x01"
            "\x01\x02\x03\x04\x05\x06\x07\x08"
            "\x03\0\0\0ab\0"sv);
}

TEST(Encoding, decoder_reads_what_was_written) {
  const auto sample = written_sample();
  Decoder decoder(sample);
  EXPECT_EQ(decoder.u8(), 0xfe);
  EXPECT_EQ(decoder.u32(), 0x01020304U);
  EXPECT_EQ(decoder.u64(), 0x0102030405060708U);
  EXPECT_EQ(decoder.u64_big_endian(), 0x0102030405060708U);
  EXPECT_FALSE(decoder.done());
  EXPECT_EQ(decoder.bytes(), "ab\0"sv);
  EXPECT_TRUE(decoder.done());
}

TEST(Encoding, every_truncation_is_noticed) {
  const auto sample = written_sample();
  for (std::size_t size = 0; size < sample.size(); ++size) {
    Decoder decoder(std::string_view(sample).substr(0, size));
    const bool whole = decoder.u8() && decoder.u32() && decoder.u64() && decoder.u64_big_endian() &&
                       decoder.bytes();
    EXPECT_FALSE(whole) << size;
    EXPECT_FALSE(decoder.done()) << size;
  }
}

TEST(Encoding, a_short_read_leaves_the_decoder_unusable) {
  Decoder decoder("abc");
  EXPECT_FALSE(decoder.u32());
  EXPECT_FALSE(decoder.u8());
  EXPECT_FALSE(decoder.fixed(0));
  EXPECT_FALSE(decoder.done());
}

TEST(Encoding, rest_is_what_was_not_read) {
  Decoder decoder("abc");
  EXPECT_EQ(decoder.fixed(1), "a");
  EXPECT_EQ(decoder.rest(), "bc");
}

}  // namespace
}  // namespace objectstore
