#include "runtime/small_file.h"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <utility>

namespace objectstore {

namespace {

constexpr std::size_t longest_file_bytes = 1 << 20;

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

Error io_error(const std::string& path, int error) {
  return Error(ErrorCode::io,
               "can't read file " + path + ": " + std::generic_category().message(error));
}

}  // namespace

Result<std::optional<std::string>> read_small_file(const std::string& path) {
  const std::unique_ptr<std::FILE, FileCloser> file(std::fopen(path.c_str(), "re"));
  if (!file) {
    if (errno == ENOENT) return std::optional<std::string>();
    return io_error(path, errno);
  }
  std::string text(longest_file_bytes + 1, '\0');
  errno = 0;
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) return io_error(path, errno);
  if (text.size() > longest_file_bytes) {
    return Error(ErrorCode::io, "file " + path + " is larger than a mebibyte");
  }
  return std::optional<std::string>(std::move(text));
}

}  // namespace objectstore
