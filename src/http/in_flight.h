// How many requests are being served.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace objectstore {

// Thread-safe.
class InFlight {
 public:
  explicit InFlight(std::uint64_t limit) : limit_(limit) {}

  [[nodiscard]] std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t limit() const { return limit_; }

  // Counts a request from its head to the end of its response, or until it is refused.
  class Slot {
   public:
    explicit Slot(InFlight& owner)
        : owner_(owner),
          over_limit_(owner.count_.fetch_add(1, std::memory_order_relaxed) >= owner.limit_) {}
    ~Slot() { release(); }
    void release() {
      if (std::exchange(held_, false)) owner_.count_.fetch_sub(1, std::memory_order_relaxed);
    }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

    // Whether as many requests as allowed were in flight already.
    [[nodiscard]] bool over_limit() const { return over_limit_; }

   private:
    InFlight& owner_;
    bool over_limit_;
    bool held_ = true;
  };

 private:
  std::uint64_t limit_;
  std::atomic<std::uint64_t> count_ = 0;
};

}  // namespace objectstore
