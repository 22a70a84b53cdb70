// XXH3 with 64 bits: the checksum of every row, payload, block and log record stored here.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace objectstore {

// `seed` tells apart equal bytes in different places (a block's number, a record's kind).
[[nodiscard]] std::uint64_t checksum64(std::string_view bytes, std::uint64_t seed = 0);

// The same over bytes that come in pieces, with seed 0.
class Checksum64Stream {
 public:
  Checksum64Stream();
  Checksum64Stream(Checksum64Stream&&) noexcept;
  Checksum64Stream& operator=(Checksum64Stream&&) noexcept;
  ~Checksum64Stream();

  void update(std::string_view bytes);
  // Of everything so far; may go on afterwards.
  [[nodiscard]] std::uint64_t digest() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace objectstore
