// The format file of a data directory: one first line is accepted, no other.
#include "app/data_directory.h"

#include <unistd.h>

#include <fstream>

#include "fuzz.h"

namespace objectstore {

namespace {

// One a process, removed at its end.
class Directory {
 public:
  Directory() {
    std::string name = "/tmp/objectstore-fuzz-XXXXXX";
    FUZZ_CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
    FUZZ_CHECK(open_data_directory(path_).ok());
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

FUZZ_TARGET(input) {
  static const Directory directory;
  {
    std::ofstream out(directory.path() / "format", std::ios::binary | std::ios::trunc);
    out << input;
  }
  const auto opened = open_data_directory(directory.path());
  const auto line = input.substr(0, input.find('\n'));
  FUZZ_CHECK(opened.ok() == (line == "objectstore data directory, format 1"));
  if (opened.ok()) return;
  FUZZ_CHECK(opened.error().code() == ErrorCode::conflict);
  FUZZ_CHECK(opened.error().message().size() < 512);
}

}  // namespace objectstore
