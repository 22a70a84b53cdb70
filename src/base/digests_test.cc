#include "base/digests.h"

#include <gtest/gtest.h>

namespace objectstore {
namespace {

using namespace std::literals;

// RFC 1321 appendix A.5, FIPS 180-2 appendix B.
TEST(Digest, known_values) {
  const struct {
    Digest::Kind kind;
    std::string_view bytes;
    std::string_view digest;
  } cases[] = {
      {Digest::Kind::md5, "", "d41d8cd98f00b204e9800998ecf8427e"},
      {Digest::Kind::md5, "abc", "900150983cd24fb0d6963f7d28e17f72"},
      {Digest::Kind::md5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
      {Digest::Kind::sha256, "",
       "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {Digest::Kind::sha256, "abc",
       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {Digest::Kind::sha256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
  };
  for (const auto& [kind, bytes, digest] : cases) {
    EXPECT_EQ(hex_encode(digest_of(kind, bytes)), digest);
    Digest pieces(kind);
    for (const char byte : bytes)
      pieces.update(std::string_view(&byte, 1));
    EXPECT_EQ(hex_encode(pieces.finish()), digest) << "in pieces";
  }
}

TEST(Crc32c, values_are_written_as_the_stores_do) {
  Crc32c nothing;
  EXPECT_EQ(nothing.base64(), "AAAAAA==");
  Crc32c crc;
  crc.update("1234");
  crc.update("");
  crc.update("56789");
  EXPECT_EQ(crc.value(), 0xE3069283);
  EXPECT_EQ(crc.base64(), "4waSgw==");
}

TEST(HexEncode, lower_case_pairs) {
  EXPECT_EQ(hex_encode(""), "");
  EXPECT_EQ(hex_encode("\x00\x0f\xa5\xff"sv), "000fa5ff");
}

TEST(Digest, content_md5_is_base64_of_sixteen_bytes) {
  EXPECT_TRUE(is_md5_base64(base64_encode(digest_of(Digest::Kind::md5, "x"))));
  for (const auto* text : {"", "x", "AAAA", "1B2M2Y8AsgTpgAmY7PhCfg",
                           "1B2M2Y8AsgTpgAmY7PhCfg===", "d41d8cd98f00b204e9800998ecf8427e"})
    EXPECT_FALSE(is_md5_base64(text)) << text;
}

}  // namespace
}  // namespace objectstore
