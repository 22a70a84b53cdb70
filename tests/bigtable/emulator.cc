#include "bigtable/emulator.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

namespace objectstore::testing {
namespace {

constexpr std::string_view announcement = "emulator running on ";
constexpr std::size_t longest_announcement = 1000;

Error failure(std::string_view what) {
  return {ErrorCode::io, std::string(what) + ": " + std::strerror(errno)};
}

[[noreturn]] void become(const char* program, int output, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() == parent) {
    ::dup2(output, STDOUT_FILENO);
    ::execl(program, program, "-host", "127.0.0.1", "-port", "0", nullptr);
  }
  ::_exit(127);
}

// Reads up to the end of the line that tells the address.
Result<std::string> read_address(int output) {
  std::string text;
  while (text.size() < longest_announcement) {
    char piece[200];
    const auto size = ::read(output, piece, sizeof piece);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return Error(ErrorCode::io, "the Bigtable emulator does not start: " + text);
    text.append(piece, static_cast<std::size_t>(size));
    const auto begin = text.find(announcement);
    if (begin == std::string::npos) continue;
    const auto address = begin + announcement.size();
    const auto end = text.find('\n', address);
    if (end != std::string::npos) return text.substr(address, end - address);
  }
  return Error(ErrorCode::io, "the Bigtable emulator does not tell its address: " + text);
}

}  // namespace

Result<Emulator> Emulator::start() {
  const char* program = std::getenv("OBJECTSTORE_BIGTABLE_EMULATOR");
  if (program == nullptr) {
    return Error(ErrorCode::invalid_argument,
                 "OBJECTSTORE_BIGTABLE_EMULATOR is not set; run `scripts/test bigtable`");
  }
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return failure("pipe");
  const auto parent = ::getpid();
  const auto pid = ::fork();
  if (pid == 0) become(program, ends[1], parent);
  ::close(ends[1]);
  if (pid < 0) {
    ::close(ends[0]);
    return failure("fork");
  }
  Emulator emulator(pid, ends[0]);
  TRY_ASSIGN(emulator.address_, read_address(ends[0]));
  return emulator;
}

Emulator::Emulator(Emulator&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      address_(std::move(other.address_)) {}

Emulator::~Emulator() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  ::close(output_);
}

}  // namespace objectstore::testing
