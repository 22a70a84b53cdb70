// Files of the single tier: the metadata line, and reads of files with one damage.
#include <set>

#include "backends/filesystem/object_file_format.h"
#include "backends/filesystem/object_reader.h"
#include "base/checksum.h"
#include "memory_files.h"
#include "metadata_checks.h"

namespace objectstore {
namespace {

using namespace object_file_format;

void check_line(std::string_view line) {
  const auto decoded = decode_line(line);
  if (!decoded.ok()) {
    FUZZ_CHECK(decoded.error().code() == ErrorCode::corrupt);
    return;
  }
  const auto encoded = encode_line(decoded->metadata);
  if (!encoded.ok()) return;
  FUZZ_CHECK(encoded->size() <= max_line_size);
  FUZZ_CHECK(encoded->find('\n') == encoded->size() - 1);
  const auto again = decode_line(std::string_view(*encoded).substr(0, encoded->size() - 1));
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(again->metadata == decoded->metadata && again->checksum == 0);
}

// The payload that a read of `file` gives; nothing where it fails.
std::optional<std::string> read(std::string_view file) {
  fuzz::MemoryTree tree(file);
  InlinePool pool;
  const auto result = read_object(tree, pool, "o", std::nullopt);
  const auto metadata = read_object_metadata(tree, "o");
  if (!result.ok()) {
    FUZZ_CHECK(result.error().code() == ErrorCode::corrupt);
    return std::nullopt;
  }
  FUZZ_CHECK(metadata.ok() && metadata->has_value());
  const auto& content = std::get<ObjectContent>(*result);
  FUZZ_CHECK(content.size == (*metadata)->size);
  const auto* bytes = std::get_if<SharedBytes>(&content.body);
  if (bytes == nullptr) return std::nullopt;
  FUZZ_CHECK(bytes->size() == content.size);
  return std::string(bytes->view());
}

void check_damage(const Metadata& metadata, std::string_view payload, fuzz::Input& in) {
  auto line = encode_line(metadata);
  if (!line.ok()) return;
  const auto digits = checksum_digits(checksum64(payload));
  line->replace(checksum_offset(*line), digits.size(), digits);
  const auto file = *line + std::string(payload);
  FUZZ_CHECK(read(file) == payload);

  auto damaged = file;
  damaged[in.number<std::uint32_t>() % file.size()] = static_cast<char>(in.number<std::uint8_t>());
  if (const auto found = read(damaged)) FUZZ_CHECK(*found == payload);
  const auto cut = file.substr(0, in.number<std::uint32_t>() % file.size());
  FUZZ_CHECK(!read(cut));
}

}  // namespace

// A line of metadata, a newline, a payload; the choices of the damage come from its front.
FUZZ_TARGET(input) {
  (void)read(input);
  const auto end = std::min(input.find('\n'), input.size());
  const auto line = input.substr(0, end);
  const auto payload = input.substr(std::min(end + 1, input.size()));
  check_line(line);
  const auto decoded = decode_line(line);
  fuzz::Input in(payload);
  if (decoded.ok()) check_damage(decoded->metadata, payload, in);
}

}  // namespace objectstore
