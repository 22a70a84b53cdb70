// The Bigtable emulator as a child process.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"

namespace objectstore::testing {

// The program is that which OBJECTSTORE_BIGTABLE_EMULATOR names (scripts/lib/go_tools.sh builds
// it). It keeps its tables in memory, and ends with this object or this process.
class Emulator {
 public:
  // Returns once it listens.
  [[nodiscard]] static Result<Emulator> start();
  Emulator(Emulator&& other) noexcept;
  Emulator& operator=(Emulator&&) = delete;
  ~Emulator();

  // "127.0.0.1:port"
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  Emulator(pid_t pid, int output) : pid_(pid), output_(output) {}

  pid_t pid_;
  int output_;
  std::string address_;
};

}  // namespace objectstore::testing
