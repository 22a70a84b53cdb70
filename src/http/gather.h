// Pieces of memory written as one.
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <string_view>

namespace objectstore {

// A buffer sequence of Asio. The pieces stay where they are until consumed.
class Gather {
 public:
  void add(std::string_view piece) {
    if (!piece.empty())
      pieces_.at(count_++) = boost::asio::const_buffer(piece.data(), piece.size());
  }
  [[nodiscard]] bool empty() const { return first_ == count_; }
  // How many pieces are left.
  [[nodiscard]] std::size_t size() const { return count_ - first_; }
  void consume(std::size_t bytes) {
    while (!empty() && bytes >= pieces_[first_].size())
      bytes -= pieces_[first_++].size();
    if (bytes > 0) pieces_.at(first_) += bytes;
  }

  using const_iterator = const boost::asio::const_buffer*;
  using value_type = boost::asio::const_buffer;
  [[nodiscard]] const_iterator begin() const { return pieces_.data() + first_; }
  [[nodiscard]] const_iterator end() const { return pieces_.data() + count_; }

 private:
  std::array<boost::asio::const_buffer, 4> pieces_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

}  // namespace objectstore
