// How rows lie in RocksDB (docs/formats/rows.md).
//
// Two column families: `rows` holds a row's cells, `payloads` the bytes of an inline row, both
// under the storage path. Requests that look at cells never touch a payload.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/row_cells.h"

namespace objectstore {

// A row's cells together with what is needed to verify its payload.
struct StoredRow {
  RowCells cells;  // an inline state has an empty payload here
  std::uint64_t payload_size = 0;
  std::uint64_t payload_checksum = 0;
};

// The key seeds the checksum, so that a row under another's key is found out.
[[nodiscard]] std::string encode_row(std::string_view key, const StoredRow& row);
// `corrupt`, naming the row, on a wrong checksum, an unknown version or anything malformed.
[[nodiscard]] Result<StoredRow> decode_row(std::string_view key, std::string_view value);

[[nodiscard]] std::uint64_t payload_checksum(std::string_view key, std::string_view payload);

// The key of the index of deadlines: big-endian nanoseconds, then the row's key.
[[nodiscard]] std::string expiry_key(WallTime deadline, std::string_view row_key);
struct ExpiryKey {
  WallTime deadline;
  std::string_view row_key;
};
[[nodiscard]] std::optional<ExpiryKey> parse_expiry_key(std::string_view key);

// A value of the change log: the entry's time, then its text, then that of its state unless empty.
[[nodiscard]] std::string encode_log_value(std::string_view key, std::uint64_t time,
                                           std::string_view text, std::string_view state = {});
struct LogValue {
  std::uint64_t time = 0;
  std::string_view text;
  std::string_view state;
};
[[nodiscard]] std::optional<LogValue> decode_log_value(std::string_view key,
                                                       std::string_view value);

}  // namespace objectstore
