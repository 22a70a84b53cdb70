#include "runtime/directories.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace objectstore {

namespace {

namespace fs = std::filesystem;

Error failed(std::string_view what, const fs::path& path, int code) {
  return Error(code == ENOSPC || code == EDQUOT ? ErrorCode::out_of_space : ErrorCode::io,
               "can't " + std::string(what) + " directory " + path.string() + ": " +
                   std::generic_category().message(code));
}

// Whether it was missing.
Result<bool> make_directory(const fs::path& path) {
  if (::mkdir(path.c_str(), 0777) == 0) return true;
  const int code = errno;
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return false;
  return failed("make", path, code);
}

}  // namespace

Result<void> sync_directory(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failed("open", path, errno);
  const int code = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  if (code != 0) return failed("sync", path, code);
  return Result<void>();
}

Result<void> make_directories_durably(const fs::path& path) {
  return make_directories_durably(path, sync_directory);
}

Result<void> make_directories_durably(const fs::path& path, const DirectorySync& sync) {
  std::error_code error;
  const auto absolute = fs::absolute(path, error);
  if (error) return failed("find", path, error.value());
  bool made_last = false;
  fs::path below;
  for (const auto& component : absolute) {
    const auto parent = below;
    below /= component;
    if (component.empty() || component == absolute.root_path()) continue;
    TRY_ASSIGN(made_last, make_directory(below));
    if (made_last) TRY(sync(parent));
  }
  if (made_last) return Result<void>();
  // Past symbolic links and dots: what holds the directory itself.
  const auto real = fs::canonical(absolute, error);
  if (error) return failed("find", absolute, error.value());
  // A user who may not list the parent has not made the directory either.
  const auto parent = real.parent_path();
  if (::access(parent.c_str(), R_OK) != 0 && errno == EACCES) return Result<void>();
  return sync(parent);
}

}  // namespace objectstore
