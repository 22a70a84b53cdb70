#include "backends/rocksdb/row_format.h"

#include <gtest/gtest.h>

#include "base/checksum.h"
#include "base/encoding.h"
#include "testing/row_values.h"

namespace objectstore {
namespace {

using testing::attempt_of;
using testing::stamp_of;
using testing::uuid_of;

const std::string key = "u/objects/k";
const Uuid id_one = Uuid::parse("0196523c-7b2a-7d3e-9c51-0d2f6a1b4e77").value();
const Uuid id_two = Uuid::parse("0196523c-7b2b-7d3e-9c51-0d2f6a1b4e78").value();

std::string hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += digits[static_cast<unsigned char>(byte) >> 4];
    text += digits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

RowCells cells_with_stamp() {
  RowCells cells;
  cells.stamp = Stamp{0x0102, id_one};
  cells.stamp_written_ms = 0x0304;
  return cells;
}

StoredRow absent_row() {
  StoredRow row;
  row.cells = cells_with_stamp();
  row.cells.intents[id_two] = IntentCell{0x0506, true};
  return row;
}

StoredRow inline_row() {
  InlineRow state;
  state.metadata.expiration = ExpirationPolicy::parse("ttl:1h").value();
  state.metadata.time_created = WallTime(Duration(1));
  state.metadata.time_expires = WallTime(Duration(0x0708));
  state.metadata.content_type = "t";
  state.metadata.compression = Compression::zstd;
  state.metadata.origin = "o";
  state.metadata.custom = {{"n", "v"}};
  state.metadata.size = 5;
  StoredRow row;
  row.cells = cells_with_stamp();
  row.cells.state = std::move(state);
  row.payload_size = 5;
  row.payload_checksum = payload_checksum(key, "hello");
  return row;
}

StoredRow redirect_row() {
  StoredRow row;
  row.cells = cells_with_stamp();
  row.cells.intents[id_two] = IntentCell{0x0506, false};
  row.cells.state = RedirectRow{Revision(key, id_two), ExpirationPolicy::parse("tti:1h").value(),
                                WallTime(Duration(0x0708))};
  return row;
}

constexpr std::string_view stamp_hex =
    "01"                                // a stamp
    "0201000000000000"                  // its number
    "0196523c7b2a7d3e9c510d2f6a1b4e77"  // its id
    "0403000000000000";                 // written at

// docs/formats/rows.md; a change of these bytes is a new format version.
TEST(RowFormat, golden_values) {
  const std::string stamp(stamp_hex);
  const std::pair<StoredRow, std::string> cases[] = {
      {absent_row(), "01" + stamp +
                         "01000000"                                            // one intent
                         "0196523c7b2b7d3e9c510d2f6a1b4e78060500000000000001"  // open
                         "00"                                                  // absent
                         "5be9d41ca03a3562"},
      {inline_row(), "01" + stamp +
                         "00000000"                    // no intent
                         "01"                          // inline
                         "01100e00000000000000000000"  // time to live of 3600 s
                         "010100000000000000"          // created
                         "010807000000000000"          // expires
                         "0100000074"                  // content type
                         "01"                          // zstd
                         "01010000006f"                // origin
                         "00"                          // no file name
                         "01000000010000006e0100000076"
                         "0500000000000000"  // payload size
                         "7a51f6efe7103273"  // payload checksum
                         "86e55b5dbdec01fe"},
      {redirect_row(), "01" + stamp +
                           "01000000"                                            // one intent
                           "0196523c7b2b7d3e9c510d2f6a1b4e78060500000000000000"  // fenced
                           "02"                                                  // redirect
                           "0196523c7b2b7d3e9c510d2f6a1b4e78"                    // revision
                           "02100e00000000000000000000"  // time to idle of 3600 s
                           "010807000000000000"          // deadline
                           "f72dc0b5c0920d25"},
  };
  for (const auto& [row, expected] : cases) {
    const auto value = encode_row(key, row);
    EXPECT_EQ(hex(value), expected);
    const auto decoded = decode_row(key, value);
    ASSERT_TRUE(decoded.ok()) << decoded.error().describe();
    EXPECT_EQ(decoded->cells, row.cells);
    EXPECT_EQ(decoded->payload_size, row.payload_size);
    EXPECT_EQ(decoded->payload_checksum, row.payload_checksum);
  }
}

TEST(RowFormat, golden_log_value_and_expiry_key) {
  const auto value = encode_log_value("~changelog/77/x", 0x0102, "{}");
  EXPECT_EQ(hex(value),
            "0201000000000000"
            "020000007b7d"
            "74d358cc20bd6690");
  const auto decoded = decode_log_value("~changelog/77/x", value);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->time, 0x0102U);
  EXPECT_EQ(decoded->text, "{}");
  EXPECT_EQ(decoded->state, "");

  const auto with_state = encode_log_value("~changelog/77/x", 0x0102, "{}", "[1]");
  EXPECT_EQ(hex(with_state),
            "0201000000000000"
            "020000007b7d"
            "030000005b315d"
            "af433f8a16765f1b");
  const auto both = decode_log_value("~changelog/77/x", with_state);
  ASSERT_TRUE(both.has_value());
  EXPECT_EQ(both->time, 0x0102U);
  EXPECT_EQ(both->text, "{}");
  EXPECT_EQ(both->state, "[1]");

  const auto index = expiry_key(WallTime(Duration(0x0102)), "u/k");
  EXPECT_EQ(hex(index),
            "0000000000000102"
            "752f6b");
  const auto parsed = parse_expiry_key(index);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->deadline, WallTime(Duration(0x0102)));
  EXPECT_EQ(parsed->row_key, "u/k");
  EXPECT_FALSE(parse_expiry_key("1234567").has_value());
}

TEST(RowFormat, every_flipped_bit_of_a_row_is_found) {
  for (const auto& row : {absent_row(), inline_row(), redirect_row(), StoredRow()}) {
    const auto value = encode_row(key, row);
    for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
      auto flipped = value;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      const auto decoded = decode_row(key, flipped);
      ASSERT_FALSE(decoded.ok()) << bit;
      EXPECT_EQ(decoded.error().code(), ErrorCode::corrupt);
      EXPECT_NE(decoded.error().message().find(key), std::string::npos);
    }
  }
}

TEST(RowFormat, every_flipped_bit_of_a_log_value_is_found) {
  for (const std::string state : {"", R"({"version":1})"}) {
    const auto value = encode_log_value("key", 1, R"({"id":"u/objects/k"})", state);
    for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
      auto flipped = value;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      EXPECT_FALSE(decode_log_value("key", flipped).has_value()) << bit;
    }
    EXPECT_FALSE(decode_log_value("another key", value).has_value());
  }
}

TEST(RowFormat, truncated_and_extended_values_are_corrupt) {
  const auto value = encode_row(key, inline_row());
  const auto log_value = encode_log_value(key, 1, "text");
  for (std::size_t size = 0; size < value.size(); ++size) {
    EXPECT_FALSE(decode_row(key, value.substr(0, size)).ok()) << size;
  }
  for (std::size_t size = 0; size < log_value.size(); ++size) {
    EXPECT_FALSE(decode_log_value(key, log_value.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(decode_row(key, value + '\0').ok());
  EXPECT_FALSE(decode_log_value(key, log_value + '\0').has_value());
  const auto with_state = encode_log_value(key, 1, "text", "state");
  for (std::size_t size = 0; size < with_state.size(); ++size) {
    EXPECT_FALSE(decode_log_value(key, with_state.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(decode_log_value(key, with_state + '\0').has_value());
}

TEST(RowFormat, a_row_under_another_key_is_corrupt) {
  const auto value = encode_row(key, redirect_row());
  const auto decoded = decode_row("u/objects/other", value);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().code(), ErrorCode::corrupt);
}

// A value whose checksum is right, as another program would write it.
std::string sealed(std::string body) {
  append_u64(body, checksum64(body, checksum64(key)));
  return body;
}

TEST(RowFormat, values_of_another_version_or_form_are_corrupt) {
  const auto value = encode_row(key, absent_row());
  const auto body = value.substr(0, value.size() - 8);
  ASSERT_TRUE(decode_row(key, sealed(body)).ok());
  auto later = body;
  later[0] = 2;
  const auto decoded = decode_row(key, sealed(later));
  ASSERT_FALSE(decoded.ok());
  EXPECT_NE(decoded.error().message().find("unknown version 2"), std::string::npos);

  auto kind = body;
  kind.back() = 3;
  EXPECT_FALSE(decode_row(key, sealed(kind)).ok()) << "unknown kind";
  auto flag = body;
  flag[1] = 2;
  EXPECT_FALSE(decode_row(key, sealed(flag)).ok()) << "a flag that is neither 0 nor 1";
  EXPECT_FALSE(decode_row(key, sealed(body + "x")).ok()) << "bytes behind the end";
  EXPECT_FALSE(decode_row(key, sealed(body.substr(0, body.size() - 1))).ok()) << "short";
  auto many = body.substr(0, 34);
  append_u32(many, UINT32_MAX);
  EXPECT_FALSE(decode_row(key, sealed(many)).ok()) << "more intents than bytes";
}

TEST(RowFormat, an_empty_state_is_left_out) {
  std::string body;
  append_u64(body, 1);
  append_bytes(body, "text");
  EXPECT_TRUE(decode_log_value(key, sealed(body)).has_value());
  append_bytes(body, "");
  EXPECT_FALSE(decode_log_value(key, sealed(body)).has_value());
}

TEST(RowFormat, a_row_has_one_form_only) {
  constexpr std::size_t intents_at = 1 + 33 + 4;
  constexpr std::size_t intent_size = 25;
  auto row = absent_row();
  row.cells.intents[id_one] = IntentCell{};
  const auto value = encode_row(key, row);
  auto body = value.substr(0, value.size() - 8);
  ASSERT_TRUE(decode_row(key, sealed(body)).ok());
  const auto first = body.substr(intents_at, intent_size);
  const auto second = body.substr(intents_at + intent_size, intent_size);
  body.replace(intents_at, 2 * intent_size, second + first);
  EXPECT_FALSE(decode_row(key, sealed(body)).ok()) << "intents that are not in order";
  body.replace(intents_at, 2 * intent_size, first + first);
  EXPECT_FALSE(decode_row(key, sealed(body)).ok()) << "an intent twice";

  auto redirect = redirect_row();
  std::get<RedirectRow>(redirect.cells.state).policy.duration.nanoseconds = 1'000'000'000;
  EXPECT_FALSE(decode_row(key, encode_row(key, redirect)).ok()) << "a second of nanoseconds";
}

}  // namespace
}  // namespace objectstore
