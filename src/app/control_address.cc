#include "app/control_address.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace objectstore {

std::filesystem::path control_path(const std::filesystem::path& directory) {
  return directory / control_socket_name;
}

Result<ControlAddress> ControlAddress::of(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return Error(ErrorCode::io, "can't open the directory " + directory.string() + ": " +
                                    std::generic_category().message(errno));
  }
  return ControlAddress(fd);
}

ControlAddress::ControlAddress(ControlAddress&& other) noexcept
    : directory_(std::exchange(other.directory_, -1)) {}

ControlAddress::~ControlAddress() {
  if (directory_ >= 0) ::close(directory_);
}

boost::asio::local::stream_protocol::endpoint ControlAddress::endpoint() const {
  return {"/proc/self/fd/" + std::to_string(directory_) + "/" + control_socket_name};
}

}  // namespace objectstore
