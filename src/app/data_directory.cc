#include "app/data_directory.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include "app/version.h"
#include "runtime/directories.h"

namespace objectstore {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view format_line = "objectstore data directory, format 1";

Error failed(const fs::path& path, std::string_view what) {
  const auto reason = std::string(std::strerror(errno));
  const auto code = errno == ENOSPC ? ErrorCode::out_of_space : ErrorCode::io;
  return Error(code, "can't " + std::string(what) + " " + path.string() + ": " + reason);
}

Result<void> sync_file(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return failed(path, "open");
  const int synced = ::fsync(fd);
  ::close(fd);
  if (synced != 0) return failed(path, "sync");
  return Result<void>();
}

// Written aside, synced and renamed, so that a crash leaves either no format file or a whole one.
Result<void> write_format(const fs::path& directory) {
  const auto temporary = directory / "format.new";
  {
    std::ofstream out(temporary, std::ios::trunc);
    out << format_line << "\nwritten by " << version_text() << "\n";
    out.flush();
    if (!out) return failed(temporary, "write");
  }
  TRY(sync_file(temporary));
  if (::rename(temporary.c_str(), (directory / "format").c_str()) != 0) {
    return failed(temporary, "rename");
  }
  return sync_directory(directory);
}

Result<void> check_format(const fs::path& directory) {
  std::ifstream in(directory / "format");
  std::string line;
  std::getline(in, line);
  if (line == format_line) return Result<void>();
  return Error(
      ErrorCode::conflict,
      (directory / "format").string() + " says \"" + line.substr(0, 80) +
          "\", which this version can't read; run the version named in that file, or start "
          "in another directory");
}

Result<void> refuse_foreign_files(const fs::path& directory) {
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const auto name = it->path().filename().string();
    if (name == "format.new" || name == "lost+found") continue;
    return Error(ErrorCode::conflict,
                 directory.string() + " is no data directory of this program but holds files (" +
                     name +
                     "); set storage.path to an empty or new directory, or storage.type: "
                     "filesystem for one that the existing service wrote");
  }
  if (error) {
    return Error(ErrorCode::io, "can't list " + directory.string() + ": " + error.message());
  }
  return Result<void>();
}

}  // namespace

DataDirectory data_directory_at(const fs::path& path) {
  return DataDirectory{path / "rows", path / "blobs"};
}

Result<DataDirectory> open_data_directory(const fs::path& path) {
  TRY(make_directories_durably(path));
  std::error_code error;
  if (fs::exists(path / "format", error)) {
    TRY(check_format(path));
  } else {
    TRY(refuse_foreign_files(path));
    TRY(write_format(path));
  }
  return data_directory_at(path);
}

}  // namespace objectstore
