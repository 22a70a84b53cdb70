#include "backends/filesystem/part_format.h"

#include <fmt/format.h>

#include <charconv>

#include "backends/filesystem/blob_format.h"
#include "base/checksum.h"
#include "base/digests.h"
#include "base/encoding.h"

namespace objectstore::part_format {

namespace {

constexpr std::string_view magic = "osbpart\n";
constexpr std::size_t checked_size = header_size - blob_format::checksum_size;
// Keeps a part's checksum from passing for a blob's.
constexpr std::uint64_t header_seed = 0x6f73627061'7274;
constexpr std::string_view part_suffix = ".part";

Error corrupt(std::string message) {
  return Error(ErrorCode::corrupt, std::move(message));
}

std::uint64_t file_size(std::uint64_t payload_size) {
  return header_size + payload_size +
         blob_format::block_count(payload_size) * blob_format::checksum_size;
}

}  // namespace

std::string encode_header(const Header& header) {
  std::string bytes(magic);
  append_u32(bytes, version);
  append_u32(bytes, header.number);
  append_u64(bytes, header.payload_size);
  bytes.append(header.md5);
  append_u64(bytes, checksum64(bytes, header_seed));
  return bytes;
}

Result<Header> decode_header(std::string_view bytes, std::uint64_t file_bytes) {
  Decoder decoder(bytes);
  const auto found_magic = decoder.fixed(magic.size());
  const auto found_version = decoder.u32();
  const auto number = decoder.u32();
  const auto payload_size = decoder.u64();
  const auto md5 = decoder.fixed(md5_size);
  const auto checksum = decoder.u64();
  if (!checksum || *found_magic != magic) return corrupt("it is no part of a blob");
  if (*found_version != version) {
    return corrupt(fmt::format("a part of the unknown format version {}", *found_version));
  }
  if (checksum64(bytes.substr(0, checked_size), header_seed) != *checksum) {
    return corrupt("the checksum of the part's header fails");
  }
  // The first comparison keeps the second from overflowing.
  if (*payload_size > file_bytes || file_size(*payload_size) != file_bytes) {
    return corrupt("the part's size is not the one in its header");
  }
  return Header{*number, *payload_size, std::string(*md5)};
}

std::string etag_of(const Header& header) {
  return fmt::format("\"{}\"", hex_encode(header.md5));
}

std::string part_file(std::uint32_t number) {
  return fmt::format("{}{}", number, part_suffix);
}

std::optional<std::uint32_t> number_of(std::string_view file) {
  if (!file.ends_with(part_suffix)) return std::nullopt;
  const auto digits = file.substr(0, file.size() - part_suffix.size());
  std::uint32_t number = 0;
  const auto* end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc() || stopped != end || number == 0) return std::nullopt;
  return number;
}

}  // namespace objectstore::part_format
