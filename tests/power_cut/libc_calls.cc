// libc's calls on files, in this program's own version: each does what libc's does, but that a
// DiskRecorder sees it, and that syncs end here. Shared libraries are bound to them as well. A call
// that is missing here would go unseen: power_cut_test.cc compares the records with the directory.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>

#include "power_cut/disk_recorder.h"

namespace {

using objectstore::testing::DiskCall;
using objectstore::testing::DiskRecorder;
using Kind = DiskCall::Kind;

// The active recorder, locked, or none.
class Recording {
 public:
  Recording() : recorder_(DiskRecorder::active()) {
    if (recorder_ != nullptr) lock_ = std::unique_lock(recorder_->mutex());
  }
  explicit operator bool() const { return recorder_ != nullptr; }
  DiskRecorder* operator->() const { return recorder_; }

 private:
  DiskRecorder* recorder_;
  std::unique_lock<std::recursive_mutex> lock_;
};

std::string path_of(int fd) {
  char link[64];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  char path[4096];
  const auto size = syscall(SYS_readlink, link, path, sizeof path);
  return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : std::string();
}

// The recorded name of an argument; nullopt: none of the recorder's business.
std::optional<std::string> name_of(const Recording& recording, int directory, const char* path) {
  if (!recording) return std::nullopt;
  if (path[0] == '/') return recording->below_root(path);
  if (directory == AT_FDCWD) return std::nullopt;
  return recording->below_root(path_of(directory) + "/" + path);
}
std::optional<std::string> name_of(const Recording& recording, int fd) {
  return recording ? recording->below_root(path_of(fd)) : std::nullopt;
}

std::uint64_t inode_of(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? status.st_ino : 0;
}

bool is_directory(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

DiskCall call_of(Kind kind, std::optional<std::string> path, std::uint64_t inode = 0) {
  DiskCall call;
  call.kind = kind;
  call.path = *std::move(path);
  call.inode = inode;
  return call;
}

int open_file(int directory, const char* path, int flags, mode_t mode) {
  const Recording recording;
  const bool may_change = (flags & (O_CREAT | O_TRUNC)) != 0;
  const auto name = may_change ? name_of(recording, directory, path) : std::nullopt;
  const bool existed = name && syscall(SYS_faccessat, directory, path, F_OK) == 0;
  if (name && recording->refuses()) return -1;
  const int fd = static_cast<int>(syscall(SYS_openat, directory, path, flags, mode));
  if (fd < 0 || !name) return fd;
  if (!existed) recording->add(call_of(Kind::create, name, inode_of(fd)));
  if (existed && (flags & O_TRUNC) != 0) {
    recording->add(call_of(Kind::truncate, name, inode_of(fd)));
  }
  return fd;
}

// A write of `size` bytes by `write`, which returns what libc's would.
template <class Write>
ssize_t write_file(int fd, std::optional<std::uint64_t> offset, const struct iovec* parts,
                   int count, Write write) {
  const Recording recording;
  const auto name = name_of(recording, fd);
  if (!name) return write();
  if (recording->refuses()) return -1;
  const ssize_t written = write();
  if (written <= 0) return written;
  auto call = call_of(Kind::write, name, inode_of(fd));
  for (int part = 0; part < count; ++part) {
    call.bytes.append(static_cast<const char*>(parts[part].iov_base), parts[part].iov_len);
  }
  call.bytes.resize(static_cast<std::size_t>(written));
  const auto end = static_cast<std::uint64_t>(syscall(SYS_lseek, fd, 0, SEEK_CUR));
  call.offset = offset.value_or(end - call.bytes.size());
  recording->add(std::move(call));
  return written;
}

int sync_file(int fd) {
  const Recording recording;
  const auto name = name_of(recording, fd);
  if (!name) return 0;
  if (recording->refuses()) return -1;
  const auto kind = is_directory(fd) ? Kind::sync_directory : Kind::sync;
  recording->add(call_of(kind, name, inode_of(fd)));
  return 0;
}

// A call on one name that has no more to tell than that.
template <class Call>
int change_name(Kind kind, int directory, const char* path, Call call) {
  const Recording recording;
  const auto name = name_of(recording, directory, path);
  if (name && recording->refuses()) return -1;
  const int result = static_cast<int>(call());
  if (result == 0 && name) recording->add(call_of(kind, name));
  return result;
}

int rename_file(int from_directory, const char* from, int to_directory, const char* to,
                unsigned flags) {
  const Recording recording;
  const auto source = name_of(recording, from_directory, from);
  const auto target = name_of(recording, to_directory, to);
  if (source && recording->refuses()) return -1;
  const int result =
      static_cast<int>(syscall(SYS_renameat2, from_directory, from, to_directory, to, flags));
  if (result != 0 || !source || !target) return result;
  auto call = call_of(Kind::rename, source);
  call.target = *target;
  recording->add(std::move(call));
  return result;
}

mode_t mode_argument(int flags, va_list arguments) {
  return (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const auto mode = mode_argument(flags, arguments);
  va_end(arguments);
  return open_file(AT_FDCWD, path, flags, mode);
}

int openat(int directory, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const auto mode = mode_argument(flags, arguments);
  va_end(arguments);
  return open_file(directory, path, flags, mode);
}

// std::ofstream opens by this one.
FILE* fopen64(const char* path, const char* mode) {
  int flags = O_RDONLY;
  if (mode[0] == 'w') flags = O_WRONLY | O_CREAT | O_TRUNC;
  if (mode[0] == 'a') flags = O_WRONLY | O_CREAT | O_APPEND;
  if (std::strchr(mode, '+') != nullptr) flags = (flags & ~O_ACCMODE) | O_RDWR;
  const int fd = open_file(AT_FDCWD, path, flags | O_CLOEXEC, 0666);
  return fd < 0 ? nullptr : ::fdopen(fd, mode);
}

ssize_t write(int fd, const void* bytes, size_t size) {
  const struct iovec part { const_cast<void*>(bytes), size };
  return write_file(fd, std::nullopt, &part, 1,
                    [&] { return static_cast<ssize_t>(syscall(SYS_write, fd, bytes, size)); });
}

ssize_t writev(int fd, const struct iovec* parts, int count) {
  return write_file(fd, std::nullopt, parts, count,
                    [&] { return static_cast<ssize_t>(syscall(SYS_writev, fd, parts, count)); });
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  const struct iovec part { const_cast<void*>(bytes), size };
  return write_file(fd, static_cast<std::uint64_t>(offset), &part, 1, [&] {
    return static_cast<ssize_t>(syscall(SYS_pwrite64, fd, bytes, size, offset));
  });
}

int ftruncate(int fd, off_t size) noexcept {
  const Recording recording;
  const auto name = name_of(recording, fd);
  if (name && recording->refuses()) return -1;
  const int result = static_cast<int>(syscall(SYS_ftruncate, fd, size));
  if (result != 0 || !name) return result;
  auto call = call_of(Kind::truncate, name, inode_of(fd));
  call.offset = static_cast<std::uint64_t>(size);
  recording->add(std::move(call));
  return result;
}

// Space allocated ahead changes nothing that is seen, and takes time in memory.
int fallocate(int fd, int mode, off_t offset, off_t size) {
  if (mode == FALLOC_FL_KEEP_SIZE) return 0;
  return static_cast<int>(syscall(SYS_fallocate, fd, mode, offset, size));
}

int rename(const char* from, const char* to) noexcept {
  return rename_file(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat(int from_directory, const char* from, int to_directory, const char* to) noexcept {
  return rename_file(from_directory, from, to_directory, to, 0);
}

int renameat2(int from_directory, const char* from, int to_directory, const char* to,
              unsigned flags) noexcept {
  return rename_file(from_directory, from, to_directory, to, flags);
}

int unlink(const char* path) noexcept {
  return change_name(Kind::unlink, AT_FDCWD, path,
                     [&] { return syscall(SYS_unlinkat, AT_FDCWD, path, 0); });
}

int unlinkat(int directory, const char* path, int flags) noexcept {
  const auto kind = (flags & AT_REMOVEDIR) != 0 ? Kind::remove_directory : Kind::unlink;
  return change_name(kind, directory, path,
                     [&] { return syscall(SYS_unlinkat, directory, path, flags); });
}

int rmdir(const char* path) noexcept {
  return change_name(Kind::remove_directory, AT_FDCWD, path,
                     [&] { return syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR); });
}

int mkdir(const char* path, mode_t mode) noexcept {
  return change_name(Kind::make_directory, AT_FDCWD, path,
                     [&] { return syscall(SYS_mkdirat, AT_FDCWD, path, mode); });
}

int mkdirat(int directory, const char* path, mode_t mode) noexcept {
  return change_name(Kind::make_directory, directory, path,
                     [&] { return syscall(SYS_mkdirat, directory, path, mode); });
}

int fsync(int fd) {
  return sync_file(fd);
}

int fdatasync(int fd) {
  return sync_file(fd);
}

int syncfs(int fd) noexcept {
  const Recording recording;
  const auto name = name_of(recording, fd);
  if (!name) return 0;
  if (recording->refuses()) return -1;
  recording->add(call_of(Kind::sync_everything, name));
  return 0;
}

}  // extern "C"
