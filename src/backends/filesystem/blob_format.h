// The bytes of a blob's file: docs/formats/blob.md. Pure functions; reading and writing files is
// the callers' business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/byte_range.h"
#include "model/metadata.h"
#include "model/object_id.h"

namespace objectstore::blob_format {

inline constexpr std::uint32_t version = 1;
inline constexpr std::size_t block_size = 65536;  // payload bytes; only the last may hold fewer
inline constexpr std::size_t checksum_size = 8;
inline constexpr std::size_t stored_block_size = block_size + checksum_size;
inline constexpr std::size_t fixed_header_size = 32;
inline constexpr std::size_t footer_size = 32;
inline constexpr std::size_t max_path_size = 4096;
inline constexpr std::size_t max_metadata_size = 1 << 20;

// Header: fixed part, revision path, metadata JSON. invalid_argument where one is too long.
[[nodiscard]] Result<std::string> encode_header(const Revision& name, const Metadata& metadata);

// What the fixed part of a header says of the rest.
struct HeaderLengths {
  std::size_t path = 0;
  std::size_t metadata = 0;
  [[nodiscard]] std::size_t header_size() const { return fixed_header_size + path + metadata; }
};
// From the first `fixed_header_size` bytes; corrupt where they are no such thing, or of an unknown
// version. The lengths are within limits, but not verified yet.
[[nodiscard]] Result<HeaderLengths> decode_lengths(std::string_view fixed_part);

struct Header {
  Revision name;
  Metadata metadata;
  std::size_t size;        // bytes of the file that it takes
  std::uint64_t checksum;  // ties the footer to it
};
// `bytes`: exactly the header. corrupt on any difference from what was encoded.
[[nodiscard]] Result<Header> decode_header(std::string_view bytes);

// The checksum of an encoded header. Precondition: the bytes came from encode_header().
[[nodiscard]] std::uint64_t header_checksum(std::string_view header);

[[nodiscard]] constexpr std::uint64_t block_count(std::uint64_t payload_size) {
  return payload_size / block_size + (payload_size % block_size != 0 ? 1 : 0);
}
// The size of the whole file.
[[nodiscard]] constexpr std::uint64_t file_size(std::size_t header_size,
                                                std::uint64_t payload_size) {
  return header_size + payload_size + block_count(payload_size) * checksum_size + footer_size;
}

// The checksum stored behind block number `index`.
[[nodiscard]] std::uint64_t block_checksum(std::string_view payload, std::uint64_t index);

[[nodiscard]] std::string encode_footer(std::uint64_t payload_size, std::uint64_t header_checksum);
// The payload's size. `bytes`: the last `footer_size` of a file of `file_bytes`; corrupt where they
// are no footer, belong to another header, or don't match the file's size.
[[nodiscard]] Result<std::uint64_t> decode_footer(std::string_view bytes, const Header& header,
                                                  std::uint64_t file_bytes);

// Verifies the stored blocks in `stored`, the first of which is number `first_index`, and moves
// their payloads together at its front; the view is into `stored`. corrupt where a checksum fails.
// Precondition: whole blocks, of which only the last may be shorter.
[[nodiscard]] Result<std::string_view> unpack_blocks(std::string& stored,
                                                     std::uint64_t first_index);

// Where blobs lie below the store's root, all derived from a hash of the object's path, so that
// nothing a client chose becomes a file name.
inline constexpr std::string_view temporary_directory = "tmp";
[[nodiscard]] std::string directory_name(unsigned number);  // "00" … "ff"
[[nodiscard]] std::string directory_of(const Revision& name);
[[nodiscard]] std::string path_of(const Revision& name);
[[nodiscard]] std::string temporary_path_of(const Revision& name);
// Of the blob's uploads in parts.
[[nodiscard]] std::string uploads_directory_of(const Revision& name);
// The blob whose uploads a directory of the temporary one holds; nullopt: it is no such directory.
[[nodiscard]] std::optional<std::string> path_of_uploads(std::string_view directory_name);
}  // namespace objectstore::blob_format
