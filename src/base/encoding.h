// Fixed-width and length-prefixed fields for the binary formats of docs/formats.
//
// Little endian, but for keys that must sort (big endian). Reading never passes the end of the
// input: a short read yields nullopt and leaves the decoder unusable for good.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace objectstore {

void append_u8(std::string& out, std::uint8_t value);
void append_u32(std::string& out, std::uint32_t value);
void append_u64(std::string& out, std::uint64_t value);
void append_u64_big_endian(std::string& out, std::uint64_t value);
// A 32-bit length, then the bytes. Precondition: shorter than 4 GiB.
void append_bytes(std::string& out, std::string_view bytes);

class Decoder {
 public:
  explicit Decoder(std::string_view input) : rest_(input) {}

  [[nodiscard]] std::optional<std::uint8_t> u8();
  [[nodiscard]] std::optional<std::uint32_t> u32();
  [[nodiscard]] std::optional<std::uint64_t> u64();
  [[nodiscard]] std::optional<std::uint64_t> u64_big_endian();
  // As written by append_bytes; the view points into the input.
  [[nodiscard]] std::optional<std::string_view> bytes();
  [[nodiscard]] std::optional<std::string_view> fixed(std::size_t size);
  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] bool done() const { return !failed_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace objectstore
