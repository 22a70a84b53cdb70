// What the fuzz targets share. A target is one file: FUZZ_TARGET(input) { … } with FUZZ_CHECKs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/assert.h"
#include "base/checksum.h"

// A property of the parser; a breach ends the process, and libFuzzer keeps the input.
#define FUZZ_CHECK(property) OBJECTSTORE_ASSERT(property)

// The body that follows runs for each `input`, a std::string_view on a buffer of just its size.
#define FUZZ_TARGET(input)                                                            \
  static void fuzz_one(std::string_view input);                                       \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    fuzz_one({reinterpret_cast<const char*>(data), size});                            \
    return 0;                                                                         \
  }                                                                                   \
  static void fuzz_one(std::string_view input)

namespace objectstore::fuzz {

// Takes numbers and pieces from the front of an input; when it is used up: zeros and nothing.
class Input {
 public:
  explicit Input(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }

  std::string_view take(std::size_t most) {
    const auto piece = rest_.substr(0, most);
    rest_.remove_prefix(piece.size());
    return piece;
  }
  template <class T>
  T number() {
    static_assert(std::is_unsigned_v<T>);
    T value{};
    const auto bytes = take(sizeof value);
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  // Below `bound`, which is at least 1.
  std::size_t below(std::size_t bound) { return number<std::uint16_t>() % bound; }
  bool flag() { return (number<std::uint8_t>() & 1) != 0; }
  // Up to 255 bytes, their number first.
  std::string_view text() { return take(number<std::uint8_t>()); }

 private:
  std::string_view rest_;
};

// Numbers that depend on nothing but the input, for choices that would spoil its text.
class Choices {
 public:
  explicit Choices(std::string_view input) : state_(checksum64(input) | 1) {}

  // From 0 to `most`.
  std::size_t up_to(std::size_t most) {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    return static_cast<std::size_t>(state_ % (most + 1));
  }

 private:
  std::uint64_t state_;
};

// The sizes in which a stream of `size` bytes may arrive: all at once, byte by byte, or by chance.
enum class Cut : std::uint8_t { whole, bytes, chance };
inline std::vector<std::size_t> cut(std::string_view stream, Cut how) {
  std::vector<std::size_t> sizes;
  Choices choices(stream);
  const auto longest = std::max<std::size_t>(64, stream.size() / 64);
  for (std::size_t left = stream.size(); left > 0; left -= sizes.back()) {
    const auto wanted = how == Cut::whole   ? left
                        : how == Cut::bytes ? 1
                                            : 1 + choices.up_to(choices.up_to(longest));
    sizes.push_back(std::min(wanted, left));
  }
  return sizes;
}

// Makes long inputs from short ones, for limits: behind a leading '\1', each "\1c" is a thousand c.
inline std::string inflate(std::string_view input) {
  constexpr char mark = '\1';
  if (!input.starts_with(mark)) return std::string(input);
  constexpr std::size_t longest = 1 << 20;
  std::string out;
  for (std::size_t i = 1; i < input.size() && out.size() < longest; ++i) {
    if (input[i] == mark && i + 1 < input.size()) {
      out.append(1000, input[++i]);
    } else {
      out += input[i];
    }
  }
  return out;
}

// What a header's value, or any single line, must never hold.
inline bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<std::uint8_t>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

}  // namespace objectstore::fuzz
