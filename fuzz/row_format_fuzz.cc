// Rows, payload checksums, index keys and log values as they lie in RocksDB.
#include "backends/rocksdb/row_format.h"

#include "base/checksum.h"
#include "base/encoding.h"
#include "fuzz.h"

namespace objectstore {
namespace {

bool equal(const StoredRow& a, const StoredRow& b) {
  return a.cells == b.cells && a.payload_size == b.payload_size &&
         a.payload_checksum == b.payload_checksum;
}

void check_policy(const ExpirationPolicy& policy) {
  FUZZ_CHECK(policy.duration.nanoseconds < 1'000'000'000);
}

void check_state(std::string_view key, const RowState& state) {
  if (const auto* value = std::get_if<InlineRow>(&state)) check_policy(value->metadata.expiration);
  if (const auto* redirect = std::get_if<RedirectRow>(&state)) {
    check_policy(redirect->policy);
    FUZZ_CHECK(redirect->target.object_path() == key);
  }
}

void check_row(std::string_view key, const std::string& bytes) {
  const auto row = decode_row(key, bytes);
  if (!row.ok()) {
    FUZZ_CHECK(row.error().code() == ErrorCode::corrupt);
    return;
  }
  check_state(key, row->cells.state);
  // One row has one form.
  const auto encoded = encode_row(key, *row);
  FUZZ_CHECK(encoded == bytes);
  const auto again = decode_row(key, encoded);
  FUZZ_CHECK(again.ok() && equal(*again, *row));

  // Damage, and a row under another's key, are found out.
  auto damaged = bytes;
  fuzz::Choices choices(bytes);
  damaged[choices.up_to(bytes.size() - 1)] ^= static_cast<char>(1U << choices.up_to(7));
  FUZZ_CHECK(!decode_row(key, damaged).ok());
  FUZZ_CHECK(!decode_row(std::string(key) + "x", bytes).ok());
}

void check_log_value(std::string_view key, const std::string& bytes) {
  const auto value = decode_log_value(key, bytes);
  if (!value) return;
  FUZZ_CHECK(encode_log_value(key, value->time, value->text, value->state) == bytes);
  FUZZ_CHECK(!decode_log_value(std::string(key) + "x", bytes));
}

std::string with_checksum(std::string_view key, std::string_view body) {
  std::string bytes(body);
  append_u64(bytes, checksum64(bytes, checksum64(key)));
  return bytes;
}

}  // namespace

// A key with its length, then a body to which this adds the right checksum.
FUZZ_TARGET(input) {
  fuzz::Input in(input);
  const auto key = in.text();
  for (const auto& bytes : {std::string(in.rest()), with_checksum(key, in.rest())}) {
    check_row(key, bytes);
    check_log_value(key, bytes);
  }
  if (const auto parsed = parse_expiry_key(input)) {
    FUZZ_CHECK(expiry_key(parsed->deadline, parsed->row_key) == input);
  }
}

}  // namespace objectstore
