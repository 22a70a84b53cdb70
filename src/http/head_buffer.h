// The bytes a connection has received and not yet used.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace objectstore {

// Starts small and doubles as a head needs it; whoever fills it bounds it.
class HeadBuffer {
 public:
  [[nodiscard]] std::string_view pending() const { return {data_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t bytes) { begin_ += bytes; }

  // Free space behind the pending bytes, at least one byte. Moves the pending bytes.
  [[nodiscard]] std::span<char> prepare() {
    const auto size = end_ - begin_;
    if (!data_ || (begin_ == 0 && end_ == capacity_)) {
      resize(std::max(initial_capacity, 2 * capacity_));
    } else if (begin_ > 0 && (size == 0 || end_ == capacity_)) {
      std::memmove(data_.get(), data_.get() + begin_, size);
      begin_ = 0;
      end_ = size;
    }
    return {data_.get() + end_, capacity_ - end_};
  }
  void commit(std::size_t bytes) { end_ += bytes; }

  // Makes `rest` all that is pending; it may lie in this buffer. Gives back what a large head took.
  void keep_only(std::string_view rest) {
    const bool shrink = capacity_ > initial_capacity && rest.size() <= initial_capacity;
    if (rest.size() > capacity_ || shrink) {
      const auto capacity = std::max(initial_capacity, rest.size());
      auto fresh = std::make_unique_for_overwrite<char[]>(capacity);
      std::copy(rest.begin(), rest.end(), fresh.get());
      data_ = std::move(fresh);
      capacity_ = capacity;
    } else if (!rest.empty()) {
      std::memmove(data_.get(), rest.data(), rest.size());
    }
    begin_ = 0;
    end_ = rest.size();
  }

 private:
  static constexpr std::size_t initial_capacity = 8192;

  void resize(std::size_t capacity) {
    auto fresh = std::make_unique_for_overwrite<char[]>(capacity);
    const auto old = pending();
    std::copy(old.begin(), old.end(), fresh.get());
    data_ = std::move(fresh);
    capacity_ = capacity;
    end_ = old.size();
    begin_ = 0;
  }

  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace objectstore
