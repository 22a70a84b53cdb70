#include "telemetry/statsd_socket.h"

#include <netdb.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace objectstore {

namespace {

std::string length_prefix(std::size_t length) {
  std::string prefix;
  for (int shift = 0; shift < 32; shift += 8)
    prefix += static_cast<char>((length >> shift) & 0xff);
  return prefix;
}

bool is_full(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS;
}

}  // namespace

Result<StatsdSocket> StatsdSocket::open(const StatsdTarget& target) {
  StatsdSocket socket(target.transport == StatsdTarget::Transport::unix_stream);
  if (target.transport != StatsdTarget::Transport::udp) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, target.path.c_str(), target.path.size() + 1);
    std::memcpy(&socket.address_, &address, sizeof(address));
    socket.address_size_ = sizeof(address);
    return socket;
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(target.host.c_str(), target.port.c_str(), &hints, &found);
  if (failed != 0) {
    return Error(ErrorCode::invalid_argument,
                 "metrics.addr `" + target.describe() +
                     "`: no address for the host: " + ::gai_strerror(failed));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  std::memcpy(&socket.address_, found->ai_addr, found->ai_addrlen);
  socket.address_size_ = found->ai_addrlen;
  return socket;
}

StatsdSocket::StatsdSocket(StatsdSocket&& other) noexcept
    : stream_(other.stream_),
      address_(other.address_),
      address_size_(other.address_size_),
      descriptor_(std::exchange(other.descriptor_, -1)),
      error_(other.error_),
      unsent_(std::move(other.unsent_)) {}

StatsdSocket::~StatsdSocket() {
  close();
}

void StatsdSocket::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  unsent_.clear();
}

StatsdSocket::Sent StatsdSocket::fail(int error) {
  error_ = error;
  if (is_full(error)) return Sent::full;
  close();
  return Sent::failed;
}

bool StatsdSocket::connect() {
  if (descriptor_ >= 0) return true;
  const int type = stream_ ? SOCK_STREAM : SOCK_DGRAM;
  descriptor_ = ::socket(address_.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) return false;
  // On this machine it is done at once, or refused.
  return ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address_), address_size_) == 0;
}

StatsdSocket::Sent StatsdSocket::send_unsent() {
  while (!unsent_.empty()) {
    const auto sent = ::send(descriptor_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent < 0) return fail(errno);
    unsent_.erase(0, static_cast<std::size_t>(sent));
  }
  return Sent::yes;
}

StatsdSocket::Sent StatsdSocket::send(std::string_view payload) {
  if (!connect()) {
    error_ = errno;
    close();
    return Sent::failed;
  }
  if (!stream_) {
    const auto sent = ::send(descriptor_, payload.data(), payload.size(), MSG_NOSIGNAL);
    if (sent >= 0) return Sent::yes;
    return fail(errno);
  }
  // A frame that was begun with comes first: its length is out already.
  if (const auto sent = send_unsent(); sent != Sent::yes) return sent;
  std::string frame = length_prefix(payload.size());
  frame += payload;
  const auto sent = ::send(descriptor_, frame.data(), frame.size(), MSG_NOSIGNAL);
  if (sent < 0) return fail(errno);
  unsent_ = frame.substr(static_cast<std::size_t>(sent));
  return Sent::yes;
}

}  // namespace objectstore
