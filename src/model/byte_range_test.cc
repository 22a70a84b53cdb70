#include "model/byte_range.h"

#include <gtest/gtest.h>

#include <string>

namespace objectstore {
namespace {

RangeRequest from_to(std::uint64_t first, std::optional<std::uint64_t> last = std::nullopt) {
  return {RangeRequest::FromTo{first, last}};
}
RangeRequest suffix(std::uint64_t length) {
  return {RangeRequest::Suffix{length}};
}

constexpr std::uint64_t largest = UINT64_MAX;

TEST(ByteRange, accepted_headers) {
  const std::pair<std::string, RangeRequest> cases[] = {
      {"bytes=0-0", from_to(0, 0)},
      {"bytes=1-4", from_to(1, 4)},
      {"bytes=7-", from_to(7)},
      {"bytes=-3", suffix(3)},
      {"BYTES=1-2", from_to(1, 2)},
      {"Bytes=-1", suffix(1)},
      {"bytes=+1-+2", from_to(1, 2)},
      {"bytes=-+5", suffix(5)},
      {"bytes=007-08", from_to(7, 8)},
      {"bytes=0-18446744073709551615", from_to(0, largest)},
      {"bytes=18446744073709551615-", from_to(largest)},
  };
  for (const auto& [header, expected] : cases) {
    const auto parsed = parse_range(header);
    ASSERT_TRUE(parsed.ok()) << header;
    EXPECT_EQ(*parsed, expected) << header;
  }
}

TEST(ByteRange, several_ranges_are_ignored) {
  for (const auto* header : {"bytes=0-1,3-4", "bytes=,", "bytes=abc,def", "bytes=0-1, 5-2"}) {
    const auto parsed = parse_range(header);
    ASSERT_TRUE(parsed.ok()) << header;
    EXPECT_EQ(*parsed, std::nullopt) << header;
  }
}

TEST(ByteRange, refused_headers) {
  const std::string bad_range = "invalid Range header: invalid byte range";
  const auto bad_unit = [](const std::string& unit) {
    return "invalid Range header: invalid range unit: " + unit + ", expected: bytes";
  };
  const std::pair<std::string, std::string> cases[] = {
      {"bytes=5-2", bad_range},
      {"bytes=-0", bad_range},
      {"bytes=abc", bad_range},
      {"bytes=a-b", bad_range},
      {"bytes=12", bad_range},
      {"bytes=", bad_range},
      {"bytes", bad_range},
      {"bytes=-", bad_range},
      {"bytes=--1", bad_range},
      {"bytes=1--2", bad_range},
      {"bytes=1-2-3", bad_range},
      {"bytes=+-1", bad_range},
      {"bytes=++1-2", bad_range},
      {"bytes= 1-2", bad_range},
      {"bytes=1 -2", bad_range},
      {"bytes=1-2 ", bad_range},
      {"bytes=0x1-2", bad_range},
      {"bytes=18446744073709551616-", bad_range},
      {"bytes=0-18446744073709551616", bad_range},
      {"bytes=-18446744073709551616", bad_range},
      {"", bad_unit("")},
      {"=0-1", bad_unit("")},
      {"items=0-1", bad_unit("items")},
      {"Items=0-1,2-3", bad_unit("Items")},
      {"bytes =0-1", bad_unit("bytes ")},
      {"0-1", bad_unit("0-1")},
      {"bytes=\xc3\xa9", "invalid Range header"},
      {"b\x01tes=0-1", "invalid Range header"},
  };
  for (const auto& [header, message] : cases) {
    const auto parsed = parse_range(header);
    ASSERT_FALSE(parsed.ok()) << header;
    EXPECT_EQ(parsed.error().message(), message) << header;
    EXPECT_EQ(parsed.error().code(), ErrorCode::invalid_argument) << header;
  }
}

TEST(ByteRange, resolution_within_an_object) {
  struct Case {
    RangeRequest request;
    std::uint64_t size;
    std::optional<ByteRange> expected;
  };
  const Case cases[] = {
      {from_to(0, 0), 5, ByteRange{0, 1}},   {from_to(1, 3), 5, ByteRange{1, 3}},
      {from_to(1, 99), 5, ByteRange{1, 4}},  {from_to(0, largest), 5, ByteRange{0, 5}},
      {from_to(4), 5, ByteRange{4, 1}},      {from_to(5), 5, std::nullopt},
      {from_to(5, 9), 5, std::nullopt},      {from_to(largest), 5, std::nullopt},
      {suffix(3), 5, ByteRange{2, 3}},       {suffix(5), 5, ByteRange{0, 5}},
      {suffix(largest), 5, ByteRange{0, 5}}, {from_to(0), 0, std::nullopt},
      {suffix(1), 0, std::nullopt},          {from_to(0), largest, ByteRange{0, largest}},
  };
  for (const auto& [request, size, expected] : cases)
    EXPECT_EQ(resolve(request, size), expected);
}

}  // namespace
}  // namespace objectstore
