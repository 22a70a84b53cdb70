// The few calls of an operating system that the stores of this folder are made of, as a seam: what
// lies below may be a real disk, one that fails at the Nth call, or one that loses power.
//
// All of them block and belong on the BlockingPool. Any thread may call; one File is used by one
// caller at a time, but for read_at(). Nothing throws. Errors name the path: out_of_space for a
// full disk or quota; conflict where a file is in a directory's place or the other way round; io
// for everything else.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace objectstore {

struct FileStatus {
  std::uint64_t size = 0;  // bytes
  WallTime modified;
  std::uint64_t links = 0;  // names that the file has; 0: it was unlinked
  bool is_directory = false;
};

// An open file; closed, and its lock given up, with the object. Stays readable when unlinked.
class File {
 public:
  virtual ~File() = default;

  // Writes all of `bytes` at `offset`; not durable before sync().
  [[nodiscard]] virtual Result<void> write_at(std::uint64_t offset, std::string_view bytes) = 0;
  // Fills `into`; returns fewer bytes than asked for only at the end of the file.
  [[nodiscard]] virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) = 0;
  // Makes the content durable, not its name. After an error nothing written so far can be trusted.
  [[nodiscard]] virtual Result<void> sync() = 0;
  [[nodiscard]] virtual Result<FileStatus> status() = 0;
  // Takes the lock that one open File at most holds, in whatever process; false: it is taken.
  [[nodiscard]] virtual Result<bool> try_lock() = 0;

  // Hints; failures don't matter.
  virtual void start_writeback(std::uint64_t offset, std::uint64_t length) = 0;
  virtual void expect_sequential_reads() = 0;
};

enum class Renamed : std::uint8_t { done, source_missing, target_exists };

// The files below one root directory. Paths are relative to it, `/` between components; no
// component is empty, `.` or `..` (else io), and no symbolic link is followed. The empty path is
// the root where a directory is meant.
class FileTree {
 public:
  virtual ~FileTree() = default;

  // For reading; nullptr: no such file. A directory is a conflict.
  [[nodiscard]] virtual Result<std::unique_ptr<File>> open(const std::string& path) = 0;
  // A new file, for writing and reading; nullptr: something of that name exists.
  [[nodiscard]] virtual Result<std::unique_ptr<File>> create(const std::string& path) = 0;
  // nullopt: nothing of that name.
  [[nodiscard]] virtual Result<std::optional<FileStatus>> status(const std::string& path) = 0;

  // Atomic; durable after sync_directory() of the target's directory.
  [[nodiscard]] virtual Result<Renamed> rename_to_new(const std::string& from,
                                                      const std::string& to) = 0;
  [[nodiscard]] virtual Result<void> rename_over(const std::string& from,
                                                 const std::string& to) = 0;
  // false: no such file. Durable after sync_directory().
  [[nodiscard]] virtual Result<bool> unlink(const std::string& path) = 0;

  // false: something of that name exists already.
  [[nodiscard]] virtual Result<bool> make_directory(const std::string& path) = 0;
  // Removes an empty directory; false: not there, not empty or not a directory.
  [[nodiscard]] virtual Result<bool> remove_directory(const std::string& path) = 0;
  // The names in a directory, sorted.
  [[nodiscard]] virtual Result<std::vector<std::string>> list(const std::string& path) = 0;
  // Makes the names in a directory durable; false: no such directory.
  [[nodiscard]] virtual Result<bool> sync_directory(const std::string& path) = 0;
  // Makes everything durable that was ever done below the root, also by processes that are gone.
  [[nodiscard]] virtual Result<void> sync_everything() = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // The tree below `root`, which is created, durably, with the directories above it where missing.
  // Symbolic links in `root` itself are followed.
  [[nodiscard]] virtual Result<std::unique_ptr<FileTree>> open_tree(const std::string& root) = 0;
};

}  // namespace objectstore
