#include "runtime/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace objectstore {

namespace {

constexpr std::size_t longest_file_bytes = 1 << 20;

Error cannot_read(const std::string& path, const std::string& why) {
  return Error(ErrorCode::io, "can't read file " + path + ": " + why);
}

Error io_error(const std::string& path, int error) {
  return cannot_read(path, std::generic_category().message(error));
}

// Files alone end: pipes, terminals and most devices may keep their reader waiting. /dev/null is
// how a file is named that shall have no content.
Result<void> check_is_file(int fd, const std::string& path) {
  struct stat found {};
  if (::fstat(fd, &found) != 0) return io_error(path, errno);
  if (S_ISDIR(found.st_mode)) return io_error(path, EISDIR);
  const bool is_null_device = S_ISCHR(found.st_mode) && found.st_rdev == makedev(1, 3);
  if (S_ISREG(found.st_mode) || is_null_device) return {};
  return cannot_read(path, "is not a regular file");
}

Result<std::string> read_text(int fd, const std::string& path) {
  TRY(check_is_file(fd, path));
  std::string text(longest_file_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto count = ::read(fd, text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return io_error(path, errno);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  text.resize(size);
  if (size > longest_file_bytes) {
    return Error(ErrorCode::io, "file " + path + " is larger than a mebibyte");
  }
  return text;
}

}  // namespace

Result<std::optional<std::string>> read_small_file(const std::string& path) {
  // Without O_NONBLOCK a pipe that nobody writes to is waited for.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    if (errno == ENOENT) return std::optional<std::string>();
    return io_error(path, errno);
  }
  auto text = read_text(fd, path);
  ::close(fd);
  if (!text.ok()) return std::move(text).error();
  return std::optional<std::string>(std::move(text).value());
}

}  // namespace objectstore
