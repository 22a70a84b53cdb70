// One open file of the operating system.
#pragma once

#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <utility>

#include "backends/filesystem/file_system.h"

namespace objectstore {

// Owns a file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor();

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// "cannot <action> <path>: <text of the error number>", with the code file_system.h promises.
[[nodiscard]] Error errno_error(std::string_view action, const std::string& path, int number);

[[nodiscard]] FileStatus to_file_status(const struct stat& raw);

// Calls `call` until it is not interrupted by a signal; -1 and errno as it left them.
template <class F>
auto retry_interrupted(F call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

class PosixFile final : public File {
 public:
  // `path` is for messages.
  PosixFile(FileDescriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  [[nodiscard]] Result<void> write_at(std::uint64_t offset, std::string_view bytes) override;
  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override;
  [[nodiscard]] Result<void> sync() override;
  [[nodiscard]] Result<FileStatus> status() override;
  [[nodiscard]] Result<bool> try_lock() override;
  void start_writeback(std::uint64_t offset, std::uint64_t length) override;
  void expect_sequential_reads() override;

 private:
  FileDescriptor fd_;
  std::string path_;
};

}  // namespace objectstore
