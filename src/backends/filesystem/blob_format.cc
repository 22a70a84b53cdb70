#include "backends/filesystem/blob_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/checksum.h"
#include "base/encoding.h"

namespace objectstore::blob_format {

namespace {

constexpr std::string_view header_magic = "osblob\r\n";
constexpr std::string_view footer_magic = "osblbend";
constexpr std::size_t checked_header_size = fixed_header_size - checksum_size;
constexpr std::size_t checked_footer_size = footer_size - checksum_size;
constexpr std::string_view uploads_suffix = ".parts";
// Keeps a header's checksum from passing for a block's.
constexpr std::uint64_t header_seed = 0x6f73626c6f62'6864;

Error corrupt(std::string message) {
  return Error(ErrorCode::corrupt, std::move(message));
}

std::uint64_t checksum_of_header(std::string_view fixed_part, std::string_view rest) {
  std::string covered(fixed_part);
  covered.append(rest);
  return checksum64(covered, header_seed);
}

std::string stem_of(const Revision& name) {
  return fmt::format("{:016x}-{}", checksum64(name.object_path()), name.id().str());
}

std::string path_of_stem(std::string_view stem) {
  return fmt::format("{}/{}.blob", stem.substr(0, 2), stem);
}

}  // namespace

Result<std::string> encode_header(const Revision& name, const Metadata& metadata) {
  const auto path = name.path();
  const auto json = to_json(metadata);
  if (path.size() > max_path_size) {
    return Error(ErrorCode::invalid_argument, "the object's path is too long for a blob");
  }
  if (json.size() > max_metadata_size) {
    return Error(ErrorCode::invalid_argument, "the object's metadata is too large for a blob");
  }
  std::string header(header_magic);
  append_u32(header, version);
  append_u32(header, static_cast<std::uint32_t>(path.size()));
  append_u32(header, static_cast<std::uint32_t>(json.size()));
  append_u32(header, block_size);
  const auto rest = path + json;
  append_u64(header, checksum_of_header(header, rest));
  header.append(rest);
  return header;
}

Result<HeaderLengths> decode_lengths(std::string_view fixed_part) {
  Decoder decoder(fixed_part);
  const auto magic = decoder.fixed(header_magic.size());
  const auto found_version = decoder.u32();
  const auto path = decoder.u32();
  const auto json = decoder.u32();
  const auto block = decoder.u32();
  if (!block) return corrupt("too short for a blob");
  if (*magic != header_magic) return corrupt("not a blob");
  if (*found_version != version) {
    return corrupt(fmt::format("a blob of the unknown format version {}", *found_version));
  }
  if (*path > max_path_size || *json > max_metadata_size || *block != block_size) {
    return corrupt("impossible lengths in the blob's header");
  }
  HeaderLengths lengths;
  lengths.path = *path;
  lengths.metadata = *json;
  return lengths;
}

Result<Header> decode_header(std::string_view bytes) {
  TRY_ASSIGN(const auto lengths, decode_lengths(bytes));
  if (bytes.size() != lengths.header_size()) return corrupt("the blob's header is cut off");
  const auto rest = bytes.substr(fixed_header_size);
  const auto stored = header_checksum(bytes);
  if (checksum_of_header(bytes.substr(0, checked_header_size), rest) != stored) {
    return corrupt("the checksum of the blob's header fails");
  }
  auto name = Revision::parse(rest.substr(0, lengths.path));
  if (!name) return corrupt("the blob's header names no revision");
  TRY_ASSIGN(auto metadata, metadata_from_json(rest.substr(lengths.path)));
  return Header{*std::move(name), std::move(metadata), bytes.size(), stored};
}

std::uint64_t header_checksum(std::string_view header) {
  Decoder decoder(header.substr(checked_header_size));
  return decoder.u64().value_or(0);
}

std::uint64_t block_checksum(std::string_view payload, std::uint64_t index) {
  return checksum64(payload, index);
}

std::string encode_footer(std::uint64_t payload_size, std::uint64_t header_checksum) {
  std::string footer;
  append_u64(footer, payload_size);
  append_u64(footer, block_count(payload_size));
  footer.append(footer_magic);
  append_u64(footer, checksum64(footer, header_checksum));
  return footer;
}

Result<std::uint64_t> decode_footer(std::string_view bytes, const Header& header,
                                    std::uint64_t file_bytes) {
  Decoder decoder(bytes);
  const auto payload_size = decoder.u64();
  const auto blocks = decoder.u64();
  const auto magic = decoder.fixed(footer_magic.size());
  const auto checksum = decoder.u64();
  if (!checksum || *magic != footer_magic) return corrupt("the blob's end is missing");
  if (checksum64(bytes.substr(0, checked_footer_size), header.checksum) != *checksum) {
    return corrupt("the checksum of the blob's footer fails");
  }
  // The first comparison keeps the second from overflowing.
  if (*payload_size > file_bytes || *blocks != block_count(*payload_size) ||
      file_size(header.size, *payload_size) != file_bytes) {
    return corrupt("the blob's size is not the one in its footer");
  }
  return *payload_size;
}

Result<std::string_view> unpack_blocks(std::string& stored, std::uint64_t first_index) {
  std::size_t packed = 0;
  std::size_t at = 0;
  for (auto index = first_index; at < stored.size(); ++index) {
    const auto size = std::min(stored_block_size, stored.size() - at);
    if (size <= checksum_size) return corrupt("a block of the blob is cut off");
    const auto payload = std::string_view(stored).substr(at, size - checksum_size);
    Decoder decoder(std::string_view(stored).substr(at + payload.size(), checksum_size));
    if (decoder.u64() != block_checksum(payload, index)) {
      return corrupt(fmt::format("the checksum of block {} fails", index));
    }
    if (packed != at) std::memmove(stored.data() + packed, payload.data(), payload.size());
    packed += payload.size();
    at += size;
  }
  return std::string_view(stored).substr(0, packed);
}

std::string directory_name(unsigned number) {
  return fmt::format("{:02x}", number);
}

std::string directory_of(const Revision& name) {
  return stem_of(name).substr(0, 2);
}

std::string path_of(const Revision& name) {
  return path_of_stem(stem_of(name));
}

std::string temporary_path_of(const Revision& name) {
  return fmt::format("{}/{}.tmp", temporary_directory, stem_of(name));
}

std::string uploads_directory_of(const Revision& name) {
  return fmt::format("{}/{}{}", temporary_directory, stem_of(name), uploads_suffix);
}

std::optional<std::string> path_of_uploads(std::string_view directory_name) {
  if (!directory_name.ends_with(uploads_suffix)) return std::nullopt;
  const auto stem = directory_name.substr(0, directory_name.size() - uploads_suffix.size());
  return path_of_stem(stem);
}

}  // namespace objectstore::blob_format
