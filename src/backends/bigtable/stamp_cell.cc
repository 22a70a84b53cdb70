#include "backends/bigtable/stamp_cell.h"

#include <fmt/format.h>

#include <charconv>

namespace objectstore::bigtable {

namespace {

constexpr std::size_t number_digits = 16;

}  // namespace

std::string encode_stamp(const Stamp& stamp) {
  return fmt::format("{:016x}.{}", stamp.number, stamp.id.str());
}

std::optional<Stamp> decode_stamp(std::string_view text) {
  if (text.size() <= number_digits || text[number_digits] != '.') return std::nullopt;
  Stamp stamp;
  const auto* end = text.data() + number_digits;
  const auto parsed = std::from_chars(text.data(), end, stamp.number, 16);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  const auto id = Uuid::parse(text.substr(number_digits + 1));
  if (!id) return std::nullopt;
  stamp.id = *id;
  // Upper case would sort elsewhere.
  if (encode_stamp(stamp) != text) return std::nullopt;
  return stamp;
}

}  // namespace objectstore::bigtable
