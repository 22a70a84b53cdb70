// CRC-32C (Castagnoli, RFC 3720 appendix B.4): what GCS, S3 and RocksDB's log files check bytes by.
#pragma once

#include <cstdint>
#include <string_view>

namespace objectstore {

// The checksum of what `before` is the checksum of, followed by `bytes`; that of nothing is 0.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

// The same without the processor's instruction for it.
[[nodiscard]] std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t before = 0);

}  // namespace objectstore
