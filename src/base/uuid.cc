#include "base/uuid.h"

#include <cstring>

namespace objectstore {

namespace {

std::array<std::uint8_t, 16> from_words(std::uint64_t high, std::uint64_t low) {
  std::array<std::uint8_t, 16> bytes{};
  for (int i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
  }
  return bytes;
}

constexpr std::uint64_t rfc_variant(std::uint64_t low) {
  return (low & 0x3fff'ffff'ffff'ffffULL) | 0x8000'0000'0000'0000ULL;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Uuid Uuid::v7(std::uint64_t unix_ms, std::uint64_t random_high, std::uint64_t random_low) {
  return Uuid(
      from_words((unix_ms << 16) | 0x7000 | (random_high & 0x0fff), rfc_variant(random_low)));
}

Uuid Uuid::v4(std::uint64_t random_high, std::uint64_t random_low) {
  return Uuid(from_words((random_high & ~0xf000ULL) | 0x4000, rfc_variant(random_low)));
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  std::size_t digit = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int value = hex_digit(text[i]);
    if (value < 0) return std::nullopt;
    bytes[digit / 2] = static_cast<std::uint8_t>(bytes[digit / 2] << 4 | value);
    ++digit;
  }
  return Uuid(bytes);
}

std::optional<Uuid> Uuid::from_bytes(std::string_view sixteen_bytes) {
  if (sixteen_bytes.size() != 16) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), sixteen_bytes.data(), bytes.size());
  return Uuid(bytes);
}

std::uint64_t Uuid::unix_ms() const {
  std::uint64_t ms = 0;
  for (int i = 0; i < 6; ++i)
    ms = ms << 8 | bytes_[i];
  return ms;
}

std::string Uuid::str() const {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += digits[bytes_[i] >> 4];
    text += digits[bytes_[i] & 15];
  }
  return text;
}

}  // namespace objectstore
