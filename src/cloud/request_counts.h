// How the requests to a store went, for metrics.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace objectstore {

struct RequestCounts {
  std::uint64_t calls = 0;
  std::uint64_t retries = 0;   // attempts beyond the first of a call
  std::uint64_t failures = 0;  // calls that got no answer, or one of 408, 429 or 5xx
  // Calls that ended as their last attempt did for want of a retry budget.
  std::uint64_t budget_refusals = 0;

  friend bool operator==(const RequestCounts&, const RequestCounts&) = default;
};

// Any thread may call. Actions are few and fixed.
class RequestCounters {
 public:
  void add(const std::string& action, std::uint64_t RequestCounts::*count) {
    const std::lock_guard lock(mutex_);
    ++(counts_[action].*count);
  }
  [[nodiscard]] std::map<std::string, RequestCounts> snapshot() const {
    const std::lock_guard lock(mutex_);
    return counts_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, RequestCounts> counts_;
};

}  // namespace objectstore
