#include "backends/filesystem/blob_format.h"

#include <gmock/gmock.h>

#include "backends/filesystem/test_support.h"
#include "base/encoding.h"

namespace objectstore {
namespace {

using ::testing::HasSubstr;
using namespace blob_format;

std::string hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += digits[static_cast<unsigned char>(byte) >> 4];
    text += digits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

Revision golden_name() {
  return {"u/objects/k", *Uuid::parse("0196523c-7b2a-7d3e-9c51-0d2f6a1b4e77")};
}

// docs/formats/blob.md shows these bytes.
TEST(BlobFormat, golden_bytes) {
  const auto header = *encode_header(golden_name(), Metadata());
  EXPECT_EQ(hex(header.substr(0, 24)), "6f73626c6f620d0a01000000300000002b00000000000100");
  EXPECT_EQ(hex(header.substr(24, 8)), "6a5bd1187a809907");
  EXPECT_EQ(header.substr(32),
            "u/objects/k/0196523c-7b2a-7d3e-9c51-0d2f6a1b4e77"
            R"({"content_type":"application/octet-stream"})");
  std::string block;
  append_u64(block, block_checksum("hello", 0));
  EXPECT_EQ(hex(block), "fddc625c55e85595");
  const auto footer = encode_footer(5, header_checksum(header));
  EXPECT_EQ(hex(footer.substr(0, 24)), "050000000000000001000000000000006f73626c62656e64");
  EXPECT_EQ(hex(footer.substr(24)), "6122b1a6dcdef4a0");
  EXPECT_EQ(path_of(golden_name()),
            "39/39b5b06bb3ab3528-0196523c-7b2a-7d3e-9c51-0d2f6a1b4e77.blob");
  EXPECT_EQ(temporary_path_of(golden_name()),
            "tmp/39b5b06bb3ab3528-0196523c-7b2a-7d3e-9c51-0d2f6a1b4e77.tmp");
}

TEST(BlobFormat, unknown_versions_and_foreign_files_say_so) {
  auto header = *encode_header(golden_name(), Metadata());
  header[8] = 2;
  EXPECT_EQ(code_of(decode_lengths(header)), ErrorCode::corrupt);
  EXPECT_THAT(decode_lengths(header).error().message(), HasSubstr("unknown format version 2"));
  EXPECT_THAT(decode_lengths(std::string(64, 'x')).error().message(), HasSubstr("not a blob"));
  EXPECT_THAT(decode_lengths("").error().message(), HasSubstr("too short"));
}

TEST(BlobFormat, headers_come_back_and_limits_hold) {
  Metadata metadata;
  metadata.custom["a"] = std::string(5000, 'x');
  const auto bytes = *encode_header(golden_name(), metadata);
  const auto header = decode_header(bytes);
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->name, golden_name());
  EXPECT_EQ(header->metadata, metadata);
  EXPECT_EQ(header->size, bytes.size());
  metadata.custom["b"] = std::string(max_metadata_size, 'x');
  EXPECT_EQ(code_of(encode_header(golden_name(), metadata)), ErrorCode::invalid_argument);
  const Revision longest(std::string(max_path_size - 37, 'x'), golden_name().id());
  EXPECT_TRUE(encode_header(longest, Metadata()).ok());
  const Revision too_long(std::string(max_path_size - 36, 'x'), golden_name().id());
  EXPECT_EQ(code_of(encode_header(too_long, Metadata())), ErrorCode::invalid_argument);
}

TEST(BlobFormat, a_footer_belongs_to_one_header_and_one_size) {
  const auto header = *decode_header(*encode_header(golden_name(), Metadata()));
  const auto other =
      *decode_header(*encode_header(Revision("u/objects/l", golden_name().id()), Metadata()));
  const auto footer = encode_footer(70'000, header.checksum);
  const auto size = file_size(header.size, 70'000);
  EXPECT_EQ(size, header.size + 70'000 + 2 * 8 + 32);
  EXPECT_EQ(*decode_footer(footer, header, size), 70'000);
  EXPECT_FALSE(decode_footer(footer, other, size).ok());
  EXPECT_FALSE(decode_footer(footer, header, size + 1).ok());
  const auto absurd = encode_footer(UINT64_MAX, header.checksum);
  EXPECT_FALSE(decode_footer(absurd, header, size).ok());
}

}  // namespace
}  // namespace objectstore
