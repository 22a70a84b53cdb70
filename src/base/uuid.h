// UUIDs (RFC 9562): version 7 for ids that carry their time, version 4 for generated object keys.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace objectstore {

class Uuid {
 public:
  constexpr Uuid() = default;
  // `bytes` in network order, as in the text form.
  explicit constexpr Uuid(std::array<std::uint8_t, 16> bytes) : bytes_(bytes) {}

  // Version 7: `unix_ms` in the first 48 bits, the rest from 128 random bits.
  [[nodiscard]] static Uuid v7(std::uint64_t unix_ms, std::uint64_t random_high,
                               std::uint64_t random_low);
  // Version 4 from 128 random bits.
  [[nodiscard]] static Uuid v4(std::uint64_t random_high, std::uint64_t random_low);
  // Lower or upper case, hyphenated, 36 characters; anything else is nullopt.
  [[nodiscard]] static std::optional<Uuid> parse(std::string_view text);
  [[nodiscard]] static std::optional<Uuid> from_bytes(std::string_view sixteen_bytes);

  // The milliseconds since the epoch that a version 7 id carries.
  [[nodiscard]] std::uint64_t unix_ms() const;
  // The last byte: random bits in both versions.
  [[nodiscard]] std::uint8_t low_byte() const { return bytes_[15]; }
  [[nodiscard]] std::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }
  // Lower case, hyphenated.
  [[nodiscard]] std::string str() const;

  friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

}  // namespace objectstore
