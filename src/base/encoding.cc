#include "base/encoding.h"

#include <bit>
#include <cstring>

#include "base/assert.h"

namespace objectstore {

static_assert(std::endian::native == std::endian::little, "formats are written little endian");

namespace {

template <class T>
void append_raw(std::string& out, T value) {
  char raw[sizeof value];
  std::memcpy(raw, &value, sizeof value);
  out.append(raw, sizeof value);
}

template <class T>
std::optional<T> read_raw(std::optional<std::string_view> raw) {
  if (!raw) return std::nullopt;
  T value;
  std::memcpy(&value, raw->data(), sizeof value);
  return value;
}

}  // namespace

void append_u8(std::string& out, std::uint8_t value) {
  append_raw(out, value);
}
void append_u32(std::string& out, std::uint32_t value) {
  append_raw(out, value);
}
void append_u64(std::string& out, std::uint64_t value) {
  append_raw(out, value);
}
void append_u64_big_endian(std::string& out, std::uint64_t value) {
  append_raw(out, __builtin_bswap64(value));
}

void append_bytes(std::string& out, std::string_view bytes) {
  OBJECTSTORE_ASSERT(bytes.size() <= UINT32_MAX);
  append_u32(out, static_cast<std::uint32_t>(bytes.size()));
  out.append(bytes);
}

std::optional<std::string_view> Decoder::fixed(std::size_t size) {
  if (failed_ || rest_.size() < size) {
    failed_ = true;
    return std::nullopt;
  }
  const auto head = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return head;
}

std::optional<std::uint8_t> Decoder::u8() {
  return read_raw<std::uint8_t>(fixed(1));
}
std::optional<std::uint32_t> Decoder::u32() {
  return read_raw<std::uint32_t>(fixed(4));
}
std::optional<std::uint64_t> Decoder::u64() {
  return read_raw<std::uint64_t>(fixed(8));
}

std::optional<std::uint64_t> Decoder::u64_big_endian() {
  const auto value = u64();
  if (!value) return std::nullopt;
  return __builtin_bswap64(*value);
}

std::optional<std::string_view> Decoder::bytes() {
  const auto size = u32();
  if (!size) return std::nullopt;
  return fixed(*size);
}

}  // namespace objectstore
