// A history of operations on objects, and whether it is linearizable.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace objectstore::testing {

// A point of the history; later events have greater ones.
using HistoryTime = std::uint64_t;
inline constexpr HistoryTime never = UINT64_MAX;

struct Operation {
  // An expiry takes effect once, at some time after it was begun, or never; and only on its value.
  enum class Kind : std::uint8_t { write, read, expiry };
  Kind kind = Kind::write;
  // What was written or read; unset: the object was deleted, or not there. Of an expiry: the value
  // that vanishes.
  std::optional<std::string> value;
  HistoryTime begun = 0;
  // `never`: no answer, or one that left the outcome open. Such a write takes effect at some time
  // after it was begun, or never.
  HistoryTime ended = never;
};

class History {
 public:
  // The number of an operation that begins now.
  [[nodiscard]] std::size_t begin_write(const std::string& object,
                                        std::optional<std::string> value);
  [[nodiscard]] std::size_t begin_read(const std::string& object);
  // The write is acknowledged; for the first time, where several ask about it.
  void end_write(const std::string& object, std::size_t operation);
  void end_read(const std::string& object, std::size_t operation, std::optional<std::string> value);
  // From now on the object may turn absent by itself, if it holds `value`.
  void expire(const std::string& object, std::string value);

  [[nodiscard]] std::size_t writes() const;
  // The first object whose history is not linearizable, told in words; nullopt: all are.
  [[nodiscard]] std::optional<std::string> violation() const;

 private:
  HistoryTime now_ = 0;
  std::map<std::string, std::vector<Operation>> objects_;
};

// Whether the operations on one register, absent at first, have an order that agrees with their
// intervals and with what was read. At most 64 operations without an end, any number with one.
[[nodiscard]] bool is_linearizable(const std::vector<Operation>& operations);

}  // namespace objectstore::testing
