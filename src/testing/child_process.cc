#include "testing/child_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

extern char** environ;

namespace objectstore::testing {

namespace {

constexpr int wait_step_ms = 20;
constexpr int longest_wait_ms = 30'000;

Error failure(std::string_view what) {
  return {ErrorCode::io, std::string(what) + ": " + std::strerror(errno)};
}

class Socket {
 public:
  Socket() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { ::close(descriptor_); }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

bool takes_connections(std::uint16_t port) {
  const Socket socket;
  const auto address = loopback(port);
  return ::connect(socket.descriptor(), reinterpret_cast<const sockaddr*>(&address),
                   sizeof address) == 0;
}

std::string contents_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// After fork(): calls only what may be called there.
[[noreturn]] void become(char* const* arguments, char* const* environment, const char* output_file,
                         pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int output = ::open(output_file, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (::getppid() == parent && output >= 0) {
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::execve(arguments[0], arguments, environment);
  }
  ::_exit(127);
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (auto& text : texts)
    pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const ChildCommand& command) {
  auto arguments = command.arguments;
  std::vector<std::string> environment;
  for (char** variable = environ; *variable != nullptr; ++variable)
    environment.emplace_back(*variable);
  for (const auto& [name, value] : command.environment) {
    std::string variable = name;
    environment.push_back(std::move(variable.append("=").append(value)));
  }
  const auto argument_pointers = pointers_to(arguments);
  const auto environment_pointers = pointers_to(environment);
  const auto parent = ::getpid();
  const auto pid = ::fork();
  if (pid == 0) {
    become(argument_pointers.data(), environment_pointers.data(), command.output_file.c_str(),
           parent);
  }
  if (pid < 0) return failure("fork");
  return ChildProcess(pid, command.output_file);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), output_file_(std::move(other.output_file_)) {}

ChildProcess::~ChildProcess() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

bool ChildProcess::has_ended() {
  if (pid_ >= 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
  return pid_ < 0;
}

Result<void> ChildProcess::wait_for_port(std::uint16_t port) {
  for (int waited_ms = 0; waited_ms < longest_wait_ms; waited_ms += wait_step_ms) {
    if (has_ended()) {
      return Error(ErrorCode::io, "the server has ended: " + contents_of(output_file_));
    }
    if (takes_connections(port)) return {};
    ::poll(nullptr, 0, wait_step_ms);
  }
  return Error(ErrorCode::io, "the server does not listen: " + contents_of(output_file_));
}

Result<std::uint16_t> free_port() {
  const Socket socket;
  auto address = loopback(0);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket.descriptor(), generic, size) != 0) return failure("bind");
  if (::getsockname(socket.descriptor(), generic, &size) != 0) return failure("getsockname");
  return ntohs(address.sin_port);
}

}  // namespace objectstore::testing
