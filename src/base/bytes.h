// Byte sequences. Octets are held in std::string and seen through std::string_view throughout.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace objectstore {

// Immutable bytes together with whatever keeps them alive: a string, a block of an engine's cache.
// Copies are cheap and share the bytes; safe to hand between threads.
class SharedBytes {
 public:
  SharedBytes() = default;
  explicit SharedBytes(std::string bytes) {
    auto owner = std::make_shared<const std::string>(std::move(bytes));
    view_ = *owner;
    owner_ = std::move(owner);
  }
  SharedBytes(std::string_view view, std::shared_ptr<const void> owner)
      : view_(view), owner_(std::move(owner)) {}

  [[nodiscard]] std::string_view view() const { return view_; }
  [[nodiscard]] std::size_t size() const { return view_.size(); }
  // The part [offset, offset + length); precondition: within bounds.
  [[nodiscard]] SharedBytes slice(std::size_t offset, std::size_t length) const {
    return {view_.substr(offset, length), owner_};
  }

  friend bool operator==(const SharedBytes& a, const SharedBytes& b) { return a.view_ == b.view_; }

 private:
  std::string_view view_;
  std::shared_ptr<const void> owner_;
};

}  // namespace objectstore
