// Header, footer and blocks of a blob's file, each on any bytes and with the right checksum.
#include "backends/filesystem/blob_format.h"

#include "base/checksum.h"
#include "base/encoding.h"
#include "metadata_checks.h"

namespace objectstore {
namespace {

using namespace blob_format;

// The format's own constants, apart from the code that is tested.
constexpr std::uint64_t header_seed = 0x6f73626c6f62'6864;
constexpr std::size_t header_checksum_at = 24;

std::string with_checksum(std::string_view header) {
  std::string bytes(header);
  if (bytes.size() < fixed_header_size) return bytes;
  const auto covered = bytes.substr(0, header_checksum_at) + bytes.substr(fixed_header_size);
  std::string checksum;
  append_u64(checksum, checksum64(covered, header_seed));
  return bytes.replace(header_checksum_at, checksum_size, checksum);
}

void check_footer(std::string_view bytes, const Header& header) {
  std::string checked(bytes.substr(0, footer_size - checksum_size));
  append_u64(checked, checksum64(checked, header.checksum));
  for (const auto& footer : {std::string(bytes), checked}) {
    Decoder sizes(footer);
    const auto claimed = sizes.u64().value_or(0);
    for (const auto file_bytes : {file_size(header.size, claimed), std::uint64_t{bytes.size()}}) {
      const auto payload_size = decode_footer(footer, header, file_bytes);
      if (!payload_size.ok()) continue;
      FUZZ_CHECK(*payload_size == claimed && claimed <= file_bytes);
      FUZZ_CHECK(encode_footer(claimed, header.checksum) == footer);
    }
  }
}

void check_header(const std::string& bytes, std::string_view footer) {
  const auto lengths = decode_lengths(bytes);
  if (lengths.ok()) {
    FUZZ_CHECK(lengths->path <= max_path_size && lengths->metadata <= max_metadata_size);
  }
  const auto header = decode_header(bytes);
  if (!header.ok()) {
    FUZZ_CHECK(header.error().code() == ErrorCode::corrupt);
    return;
  }
  FUZZ_CHECK(lengths.ok() && header->size == bytes.size());
  FUZZ_CHECK(bytes.substr(fixed_header_size).starts_with(header->name.path()));
  fuzz::check_json(header->metadata);
  fuzz::check_headers(header->metadata);
  const auto encoded = encode_header(header->name, header->metadata);
  if (encoded.ok()) {
    const auto again = decode_header(*encoded);
    FUZZ_CHECK(again.ok());
    FUZZ_CHECK(again->name == header->name && again->metadata == header->metadata);
    FUZZ_CHECK(header_checksum(*encoded) == again->checksum);
  }
  check_footer(footer, *header);

  auto damaged = bytes;
  fuzz::Choices choices(bytes);
  damaged[choices.up_to(bytes.size() - 1)] ^= static_cast<char>(1U << choices.up_to(7));
  FUZZ_CHECK(!decode_header(damaged).ok());
}

}  // namespace

// 32 bytes of a footer, then a header.
FUZZ_TARGET(input) {
  fuzz::Input in(input);
  const auto footer = in.take(footer_size);
  check_header(std::string(in.rest()), footer);
  check_header(with_checksum(in.rest()), footer);

  auto stored = std::string(in.rest());
  const auto size = stored.size();
  const auto payload = unpack_blocks(stored, in.number<std::uint64_t>() % 1000);
  if (payload.ok()) FUZZ_CHECK(payload->size() + block_count(payload->size()) * 8 == size);
}

}  // namespace objectstore
