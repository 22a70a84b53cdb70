// A server that tests talk to, as a child process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace objectstore::testing {

struct ChildCommand {
  std::vector<std::string> arguments;                            // the program's path first
  std::vector<std::pair<std::string, std::string>> environment;  // beside this process's own
  std::string output_file;                                       // takes both of its outputs
};

// Killed with this object, and with this process.
class ChildProcess {
 public:
  [[nodiscard]] static Result<ChildProcess> start(const ChildCommand& command);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  // Returns once somebody takes connections on that port of 127.0.0.1. An error, with what the
  // child has said, where it ends before, or 30 seconds have passed.
  [[nodiscard]] Result<void> wait_for_port(std::uint16_t port);

 private:
  ChildProcess(pid_t pid, std::string output_file)
      : pid_(pid), output_file_(std::move(output_file)) {}

  [[nodiscard]] bool has_ended();

  pid_t pid_;
  std::string output_file_;
};

// A port of 127.0.0.1 that nobody listens on now.
[[nodiscard]] Result<std::uint16_t> free_port();

}  // namespace objectstore::testing
