#include "backends/filesystem/posix_file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "backends/filesystem/posix_file.h"

namespace objectstore {

namespace {

constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
// Permissions are the umask's business, as for any file a user makes.
constexpr mode_t file_mode = 0666;
constexpr mode_t directory_mode = 0777;

// A name in an open directory, or the errno that says why there is none.
struct Place {
  FileDescriptor owned;  // unless the directory is the root
  int directory = -1;
  std::string name;
  int error = 0;
};

bool is_absent(int number) {
  return number == ENOENT || number == ENOTDIR;
}

class PosixFileTree final : public FileTree {
 public:
  PosixFileTree(FileDescriptor root, std::string path)
      : root_(std::move(root)), path_(std::move(path)) {}

  [[nodiscard]] Result<std::unique_ptr<File>> open(const std::string& path) override {
    const auto place = locate(path);
    if (is_absent(place.error)) return std::unique_ptr<File>();
    if (place.error != 0) return error("open", path, place.error);
    // O_NONBLOCK: a named pipe in the tree must not hold a thread.
    FileDescriptor fd(
        open_at(place.directory, place.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!fd.valid()) {
      if (is_absent(errno)) return std::unique_ptr<File>();
      return error("open", path, errno);
    }
    struct stat raw {};
    if (::fstat(fd.get(), &raw) != 0) return error("stat", path, errno);
    if (S_ISDIR(raw.st_mode)) return error("open", path, EISDIR);
    if (!S_ISREG(raw.st_mode)) return error("open", path, EINVAL);
    return make_file(std::move(fd), path);
  }

  [[nodiscard]] Result<std::unique_ptr<File>> create(const std::string& path) override {
    const auto place = locate(path);
    if (place.error != 0) return error("create", path, place.error);
    FileDescriptor fd(open_at(place.directory, place.name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC));
    if (!fd.valid()) {
      if (errno == EEXIST) return std::unique_ptr<File>();
      return error("create", path, errno);
    }
    return make_file(std::move(fd), path);
  }

  [[nodiscard]] Result<std::optional<FileStatus>> status(const std::string& path) override {
    const auto place = locate(path);
    if (is_absent(place.error)) return std::optional<FileStatus>();
    if (place.error != 0) return error("stat", path, place.error);
    struct stat raw {};
    if (::fstatat(place.directory, place.name.c_str(), &raw, AT_SYMLINK_NOFOLLOW) != 0) {
      if (is_absent(errno)) return std::optional<FileStatus>();
      return error("stat", path, errno);
    }
    return std::optional(to_file_status(raw));
  }

  [[nodiscard]] Result<Renamed> rename_to_new(const std::string& from,
                                              const std::string& to) override {
    const auto source = locate(from);
    const auto target = locate(to);
    if (source.error != 0) return error("rename", from, source.error);
    if (target.error != 0) return error("rename to", to, target.error);
    int number = 0;
    if (::renameat2(source.directory, source.name.c_str(), target.directory, target.name.c_str(),
                    RENAME_NOREPLACE) != 0) {
      number = errno;
    }
    if (number == EINVAL || number == ENOSYS) number = link_and_unlink(source, target);
    if (number == 0) return Renamed::done;
    if (number == ENOENT) return Renamed::source_missing;
    if (number == EEXIST) return Renamed::target_exists;
    return error("rename to", to, number);
  }

  [[nodiscard]] Result<void> rename_over(const std::string& from, const std::string& to) override {
    const auto source = locate(from);
    const auto target = locate(to);
    if (source.error != 0) return error("rename", from, source.error);
    if (target.error != 0) return error("rename to", to, target.error);
    if (::renameat(source.directory, source.name.c_str(), target.directory, target.name.c_str()) !=
        0) {
      return error("rename to", to, errno);
    }
    return {};
  }

  [[nodiscard]] Result<bool> unlink(const std::string& path) override {
    const auto place = locate(path);
    if (is_absent(place.error)) return false;
    if (place.error != 0) return error("unlink", path, place.error);
    if (::unlinkat(place.directory, place.name.c_str(), 0) == 0) return true;
    if (is_absent(errno)) return false;
    return error("unlink", path, errno);
  }

  [[nodiscard]] Result<bool> make_directory(const std::string& path) override {
    const auto place = locate(path);
    if (place.error != 0) return error("create directory", path, place.error);
    if (::mkdirat(place.directory, place.name.c_str(), directory_mode) == 0) return true;
    if (errno == EEXIST) return false;
    return error("create directory", path, errno);
  }

  [[nodiscard]] Result<bool> remove_directory(const std::string& path) override {
    const auto place = locate(path);
    if (is_absent(place.error)) return false;
    if (place.error != 0) return error("remove directory", path, place.error);
    if (::unlinkat(place.directory, place.name.c_str(), AT_REMOVEDIR) == 0) return true;
    if (is_absent(errno) || errno == ENOTEMPTY || errno == EEXIST) return false;
    return error("remove directory", path, errno);
  }

  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& path) override {
    FileDescriptor fd(open_directory(path));
    if (!fd.valid()) return error("list", path, errno);
    // fdopendir takes over a descriptor; a second one keeps ours owned by its own object.
    const int duplicate = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0);
    if (duplicate < 0) return error("list", path, errno);
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::fdopendir(duplicate), ::closedir);
    if (!directory) {
      const int number = errno;
      ::close(duplicate);
      return error("list", path, number);
    }
    std::vector<std::string> names;
    for (;;) {
      errno = 0;
      const auto* entry = ::readdir(directory.get());
      if (entry == nullptr) break;
      std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(std::move(name));
    }
    if (errno != 0) return error("list", path, errno);
    std::sort(names.begin(), names.end());
    return names;
  }

  [[nodiscard]] Result<bool> sync_directory(const std::string& path) override {
    const FileDescriptor fd(open_directory(path));
    if (!fd.valid()) {
      if (is_absent(errno)) return false;
      return error("open", path, errno);
    }
    if (retry_interrupted([&] { return ::fsync(fd.get()); }) != 0) {
      return error("sync directory", path, errno);
    }
    return true;
  }

  [[nodiscard]] Result<void> sync_everything() override {
    if (::syncfs(root_.get()) != 0) return error("sync the file system of", "", errno);
    return {};
  }

 private:
  static int open_at(int directory, const std::string& name, int flags) {
    return retry_interrupted([&] { return ::openat(directory, name.c_str(), flags, file_mode); });
  }

  // The filesystem lacks the atomic call (some network ones): a second name, then the first goes.
  // Who unlinks `source` first still makes this fail.
  static int link_and_unlink(const Place& source, const Place& target) {
    if (::linkat(source.directory, source.name.c_str(), target.directory, target.name.c_str(), 0) !=
        0) {
      return errno;
    }
    if (::unlinkat(source.directory, source.name.c_str(), 0) != 0 && errno != ENOENT) return errno;
    return 0;
  }

  // Walks one component at a time, so that no symbolic link and no `..` leads out of the root.
  [[nodiscard]] Place locate(const std::string& path) const {
    Place place;
    place.directory = root_.get();
    std::size_t begin = 0;
    for (;;) {
      const auto end = path.find('/', begin);
      place.name = path.substr(begin, end == std::string::npos ? end : end - begin);
      if (place.name.empty() || place.name == "." || place.name == ".." ||
          place.name.find('\0') != std::string::npos) {
        place.error = EINVAL;
        return place;
      }
      if (end == std::string::npos) return place;
      FileDescriptor next(open_at(place.directory, place.name, directory_flags | O_NOFOLLOW));
      if (!next.valid()) {
        place.error = errno;
        return place;
      }
      place.owned = std::move(next);
      place.directory = place.owned.get();
      begin = end + 1;
    }
  }

  // -1 and errno on failure.
  [[nodiscard]] int open_directory(const std::string& path) const {
    if (path.empty()) return open_at(root_.get(), ".", directory_flags);
    const auto place = locate(path);
    if (place.error != 0) {
      errno = place.error;
      return -1;
    }
    return open_at(place.directory, place.name, directory_flags | O_NOFOLLOW);
  }

  [[nodiscard]] Result<std::unique_ptr<File>> make_file(FileDescriptor fd,
                                                        const std::string& path) const {
    std::unique_ptr<File> file = std::make_unique<PosixFile>(std::move(fd), full_path(path));
    return file;
  }

  [[nodiscard]] std::string full_path(const std::string& path) const {
    return path.empty() ? path_ : path_ + "/" + path;
  }
  [[nodiscard]] Error error(std::string_view action, const std::string& path, int number) const {
    return errno_error(action, full_path(path), number);
  }

  FileDescriptor root_;
  std::string path_;
};

Result<void> sync_path(const std::string& path) {
  const FileDescriptor fd(::open(path.c_str(), directory_flags));
  if (!fd.valid()) return errno_error("open", path, errno);
  if (::fsync(fd.get()) != 0) return errno_error("sync directory", path, errno);
  return {};
}

std::string parent_of(const std::string& path) {
  const auto last = path.find_last_not_of('/');
  if (last == std::string::npos) return "/";
  const auto slash = path.find_last_of('/', last);
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// mkdir -p, each new directory durable before anything is put into it.
Result<void> make_root(const std::string& path) {
  struct stat raw {};
  if (::stat(path.c_str(), &raw) == 0) return {};
  if (errno != ENOENT) return errno_error("stat", path, errno);
  const auto parent = parent_of(path);
  if (parent != "." && parent != "/") TRY(make_root(parent));
  if (::mkdir(path.c_str(), directory_mode) != 0 && errno != EEXIST) {
    return errno_error("create directory", path, errno);
  }
  TRY(sync_path(path));
  return sync_path(parent);
}

}  // namespace

Result<std::unique_ptr<FileTree>> PosixFileSystem::open_tree(const std::string& root) {
  TRY(make_root(root));
  FileDescriptor fd(::open(root.c_str(), directory_flags));
  if (!fd.valid()) return errno_error("open", root, errno);
  std::unique_ptr<FileTree> tree = std::make_unique<PosixFileTree>(std::move(fd), root);
  return tree;
}

}  // namespace objectstore
