#include "app/healthcheck.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

namespace objectstore {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

Error system_error(std::string what) {
  return Error(ErrorCode::unavailable, std::generic_category().message(errno))
      .wrap(std::move(what));
}

Result<void> wait_for(const Socket& socket, short events, SteadyTime deadline) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd poll{socket.fd(), events, 0};
    const int ready = ::poll(&poll, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready > 0) return {};
    if (ready == 0) return Error(ErrorCode::deadline_exceeded, "no answer in time");
    if (errno != EINTR) return system_error("poll failed");
  }
}

Result<void> connect(const Socket& socket, const ListenAddress& address, SteadyTime deadline) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (address.is_v6()) {
    auto* const v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address.port);
    ::inet_pton(AF_INET6, address.host.c_str(), &v6->sin6_addr);
    size = sizeof *v6;
  } else {
    auto* const v4 = reinterpret_cast<sockaddr_in*>(&storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(address.port);
    ::inet_pton(AF_INET, address.host.c_str(), &v4->sin_addr);
    size = sizeof *v4;
  }
  const auto what = "connecting to " + address.str();
  if (::connect(socket.fd(), reinterpret_cast<sockaddr*>(&storage), size) == 0) return {};
  if (errno != EINPROGRESS) return system_error(what);
  TRY(wait_for(socket, POLLOUT, deadline));
  int failure = 0;
  socklen_t failure_size = sizeof failure;
  ::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &failure, &failure_size);
  errno = failure;
  if (failure != 0) return system_error(what);
  return {};
}

Result<void> send_all(const Socket& socket, std::string_view text, SteadyTime deadline) {
  while (!text.empty()) {
    TRY(wait_for(socket, POLLOUT, deadline));
    const auto sent = ::send(socket.fd(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      text.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EAGAIN && errno != EINTR) {
      return system_error("sending the request");
    }
  }
  return {};
}

// The status line, without its end: all that counts of the answer.
Result<std::string> read_status_line(const Socket& socket, SteadyTime deadline) {
  constexpr std::size_t max_line = 1024;
  std::string line;
  std::array<char, 512> buffer{};
  for (;;) {
    TRY(wait_for(socket, POLLIN, deadline));
    const auto received = ::recv(socket.fd(), buffer.data(), buffer.size(), 0);
    if (received < 0) {
      if (errno == EAGAIN || errno == EINTR) continue;
      return system_error("reading the answer");
    }
    if (received == 0) return Error(ErrorCode::unavailable, "connection closed without an answer");
    line.append(buffer.data(), static_cast<std::size_t>(received));
    if (const auto end = line.find("\r\n"); end != std::string::npos) return line.substr(0, end);
    if (line.size() > max_line) return Error(ErrorCode::unavailable, "the answer is not HTTP");
  }
}

// "HTTP/1.1 200 OK" and the like.
bool is_success(std::string_view line) {
  const auto digit = [&](std::size_t i) { return line[i] >= '0' && line[i] <= '9'; };
  return line.size() >= 12 && line.starts_with("HTTP/1.") && line[8] == ' ' && line[9] == '2' &&
         digit(10) && digit(11) && (line.size() == 12 || line[12] == ' ');
}

}  // namespace

ListenAddress probe_address(const ListenAddress& listen) {
  ListenAddress out = listen;
  in6_addr address{};
  if (!listen.is_v6()) {
    if (listen.host == "0.0.0.0") out.host = "127.0.0.1";
  } else if (::inet_pton(AF_INET6, listen.host.c_str(), &address) == 1 &&
             IN6_IS_ADDR_UNSPECIFIED(&address)) {
    out.host = "::1";
  }
  return out;
}

Result<void> check_health(const ListenAddress& listen, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  const auto address = probe_address(listen);
  const Socket socket(::socket(address.is_v6() ? AF_INET6 : AF_INET,
                               SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.fd() < 0) return system_error("opening a socket");
  TRY(connect(socket, address, deadline));
  TRY(send_all(socket,
               "GET /health HTTP/1.1\r\nHost: " + address.str() + "\r\nConnection: close\r\n\r\n",
               deadline));
  TRY_ASSIGN(const auto line, read_status_line(socket, deadline));
  if (!is_success(line)) {
    return Error(ErrorCode::unavailable, "the server answered \"" + line + "\"");
  }
  return {};
}

}  // namespace objectstore
