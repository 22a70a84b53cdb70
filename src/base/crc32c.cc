#include "base/crc32c.h"

#include <array>
#include <bit>
#include <cstring>

namespace objectstore {

namespace {

// Row n: what a byte does to the state that n further bytes pass through.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    auto crc = byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78U : 0U);
    tables[0][byte] = crc;
  }
  for (std::size_t row = 1; row < tables.size(); ++row) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const auto crc = tables[row - 1][byte];
      tables[row][byte] = (crc >> 8) ^ tables[0][crc & 0xFF];
    }
  }
  return tables;
}

constexpr Tables tables = make_tables();

std::uint32_t take_byte(std::uint32_t state, char byte) {
  return (state >> 8) ^ tables[0][(state ^ static_cast<std::uint8_t>(byte)) & 0xFF];
}

std::uint32_t take_bytes(std::uint32_t state, std::string_view bytes) {
  for (const char byte : bytes)
    state = take_byte(state, byte);
  return state;
}

std::uint64_t load_word(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

#if defined(__x86_64__)

// The instruction takes three cycles but one can begin in each: three stretches run side by side.
constexpr std::size_t stretch_bytes = 4096;  // a power of two

// What zero bytes do to a state, for each bit that is set in it: states are linear.
using Zeros = std::array<std::uint32_t, 32>;

constexpr std::uint32_t pass(const Zeros& zeros, std::uint32_t state) {
  std::uint32_t after = 0;
  for (std::size_t bit = 0; bit < zeros.size(); ++bit) {
    if ((state >> bit & 1) != 0) after ^= zeros[bit];
  }
  return after;
}

constexpr Zeros zeros_of_a_stretch() {
  Zeros zeros{};
  for (std::size_t bit = 0; bit < zeros.size(); ++bit) {
    const auto state = std::uint32_t{1} << bit;
    zeros[bit] = (state >> 8) ^ tables[0][state & 0xFF];
  }
  for (std::size_t bytes = 1; bytes < stretch_bytes; bytes *= 2) {
    Zeros twice{};
    for (std::size_t bit = 0; bit < zeros.size(); ++bit)
      twice[bit] = pass(zeros, zeros[bit]);
    zeros = twice;
  }
  return zeros;
}

// The same for a stretch, by each of the state's four bytes.
using Shift = std::array<std::array<std::uint32_t, 256>, 4>;

constexpr Shift make_shift() {
  constexpr auto zeros = zeros_of_a_stretch();
  Shift shift{};
  for (std::size_t byte = 0; byte < shift.size(); ++byte) {
    for (std::uint32_t value = 0; value < 256; ++value)
      shift[byte][value] = pass(zeros, value << (8 * byte));
  }
  return shift;
}

constexpr Shift shift = make_shift();

std::uint32_t shifted(std::uint64_t state) {
  return shift[0][state & 0xFF] ^ shift[1][state >> 8 & 0xFF] ^ shift[2][state >> 16 & 0xFF] ^
         shift[3][state >> 24 & 0xFF];
}

__attribute__((target("sse4.2"))) std::uint32_t take_with_sse42(std::uint32_t state,
                                                                std::string_view bytes) {
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t first = state;
  for (; left >= 3 * stretch_bytes; left -= 3 * stretch_bytes, at += 3 * stretch_bytes) {
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (std::size_t i = 0; i < stretch_bytes; i += 8) {
      first = __builtin_ia32_crc32di(first, load_word(at + i));
      second = __builtin_ia32_crc32di(second, load_word(at + stretch_bytes + i));
      third = __builtin_ia32_crc32di(third, load_word(at + 2 * stretch_bytes + i));
    }
    first = shifted(shifted(first) ^ second) ^ third;
  }
  for (; left >= 8; left -= 8, at += 8)
    first = __builtin_ia32_crc32di(first, load_word(at));
  return take_bytes(static_cast<std::uint32_t>(first), std::string_view(at, left));
}

bool has_instruction() {
  return __builtin_cpu_supports("sse4.2") != 0;
}

#endif

}  // namespace

std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t before) {
  auto state = ~before;
  if constexpr (std::endian::native == std::endian::little) {
    for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
      const auto word = load_word(bytes.data()) ^ state;
      state = 0;
      for (std::size_t i = 0; i < 8; ++i)
        state ^= tables[7 - i][word >> (8 * i) & 0xFF];
    }
  }
  return ~take_bytes(state, bytes);
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) {
#if defined(__x86_64__)
  static const bool fast = has_instruction();
  if (fast) return ~take_with_sse42(~before, bytes);
#endif
  return crc32c_portable(bytes, before);
}

}  // namespace objectstore
