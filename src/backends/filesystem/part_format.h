// The bytes of a part's file, and the names in an upload's directory: docs/formats/blob.md. Pure
// functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace objectstore::part_format {

inline constexpr std::uint32_t version = 1;
inline constexpr std::size_t header_size = 48;
inline constexpr std::uint32_t max_number = 10'000;
inline constexpr std::uint64_t max_size = std::uint64_t{5} << 30;  // bytes of payload

struct Header {
  std::uint32_t number = 0;
  std::uint64_t payload_size = 0;
  std::string md5;  // of the payload: 16 bytes
};
[[nodiscard]] std::string encode_header(const Header& header);
// `bytes`: the first `header_size` of a file of `file_bytes`. corrupt on any difference from what
// was encoded, and where the file is of another size.
[[nodiscard]] Result<Header> decode_header(std::string_view bytes, std::uint64_t file_bytes);

// Its MD5 in hexadecimal digits, in quotes, as S3 has it.
[[nodiscard]] std::string etag_of(const Header& header);

// In the directory of an upload.
inline constexpr std::string_view upload_file = "header";  // of the blob to be; makes it an upload
inline constexpr std::string_view blob_file = "blob.tmp";  // the blob while it is put together
[[nodiscard]] std::string part_file(std::uint32_t number);
// nullopt: no part's name.
[[nodiscard]] std::optional<std::uint32_t> number_of(std::string_view file);

}  // namespace objectstore::part_format
