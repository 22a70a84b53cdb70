// Writes the log format of RocksDB (see log_tail.h), apart from the code that reads it.
#pragma once

#include <boost/crc.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/encoding.h"

namespace objectstore::fuzz {

class WalWriter {
 public:
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  // Whether the byte at `offset` only fills a block up.
  [[nodiscard]] bool is_padding(std::size_t offset) const {
    for (const auto& [begin, end] : padding_) {
      if (offset >= begin && offset < end) return true;
    }
    return false;
  }

  void add(std::string_view record) {
    bool first = true;
    for (;;) {
      auto left = block - bytes_.size() % block;
      if (left < header) {
        padding_.emplace_back(bytes_.size(), bytes_.size() + left);
        bytes_.append(left, '\0');
        left = block;
      }
      const auto piece = record.substr(0, left - header);
      record.remove_prefix(piece.size());
      const bool last = record.empty();
      append_fragment(first ? (last ? 1 : 2) : (last ? 4 : 3), piece);
      if (last) return;
      first = false;
    }
  }

 private:
  static constexpr std::size_t block = 32768;
  static constexpr std::size_t header = 7;

  void append_fragment(std::uint8_t type, std::string_view data) {
    boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
    crc.process_byte(type);
    crc.process_bytes(data.data(), data.size());
    const auto sum = static_cast<std::uint32_t>(crc.checksum());
    append_u32(bytes_, ((sum >> 15U) | (sum << 17U)) + 0xa282ead8U);
    append_u8(bytes_, static_cast<std::uint8_t>(data.size() & 0xffU));
    append_u8(bytes_, static_cast<std::uint8_t>(data.size() >> 8U));
    append_u8(bytes_, type);
    bytes_.append(data);
  }

  std::string bytes_;
  std::vector<std::pair<std::size_t, std::size_t>> padding_;
};

}  // namespace objectstore::fuzz
