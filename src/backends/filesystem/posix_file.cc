#include "backends/filesystem/posix_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstring>

namespace objectstore {

FileDescriptor::~FileDescriptor() {
  if (fd_ < 0) return;
  // Whatever has to be durable was synced before: close has no more to say, and must not hide the
  // error that the caller is about to read.
  const int number = errno;
  ::close(fd_);
  errno = number;
}

namespace {

ErrorCode code_of(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::out_of_space;
    case ENOTDIR:
    case EISDIR:
    case ENOTEMPTY:
      return ErrorCode::conflict;
    default:
      return ErrorCode::io;
  }
}

}  // namespace

Error errno_error(std::string_view action, const std::string& path, int number) {
  const char* text = strerrordesc_np(number);
  std::string message = "cannot ";
  message.append(action).append(" ").append(path).append(": ");
  message.append(text != nullptr ? text : "unknown error");
  return Error(code_of(number), std::move(message));
}

FileStatus to_file_status(const struct stat& raw) {
  FileStatus status;
  status.size = static_cast<std::uint64_t>(raw.st_size);
  status.modified =
      WallTime(std::chrono::seconds(raw.st_mtim.tv_sec) + Duration(raw.st_mtim.tv_nsec));
  status.links = raw.st_nlink;
  status.is_directory = S_ISDIR(raw.st_mode);
  return status;
}

Result<void> PosixFile::write_at(std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = retry_interrupted([&] {
      return ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    });
    if (written < 0) return errno_error("write", path_, errno);
    // A regular file takes nothing only when it can take no more.
    if (written == 0) return errno_error("write", path_, ENOSPC);
    offset += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<std::size_t> PosixFile::read_at(std::uint64_t offset, std::span<char> into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    const auto count = retry_interrupted([&] {
      return ::pread(fd_.get(), into.data() + filled, into.size() - filled,
                     static_cast<off_t>(offset + filled));
    });
    if (count < 0) return errno_error("read", path_, errno);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  return filled;
}

Result<void> PosixFile::sync() {
  if (retry_interrupted([&] { return ::fdatasync(fd_.get()); }) != 0) {
    return errno_error("sync", path_, errno);
  }
  return {};
}

Result<FileStatus> PosixFile::status() {
  struct stat raw {};
  if (::fstat(fd_.get(), &raw) != 0) return errno_error("stat", path_, errno);
  return to_file_status(raw);
}

Result<bool> PosixFile::try_lock() {
  if (retry_interrupted([&] { return ::flock(fd_.get(), LOCK_EX | LOCK_NB); }) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  return errno_error("lock", path_, errno);
}

void PosixFile::start_writeback(std::uint64_t offset, std::uint64_t length) {
  (void)::sync_file_range(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(length),
                          SYNC_FILE_RANGE_WRITE);
}

void PosixFile::expect_sequential_reads() {
  (void)::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
}

}  // namespace objectstore
