// The names of objects in the single-tier format: directories made for them and removed again.
#pragma once

#include <mutex>
#include <string>

#include "backends/filesystem/file_system.h"

namespace objectstore {

// Everything here blocks; any thread may call. `tree` outlives it.
//
// Directories are durable before anything lies in them: they are made and synced under one lock,
// which whoever needs a directory passes, so nobody builds on one whose sync is still to come.
class ObjectNames {
 public:
  explicit ObjectNames(FileTree& tree) : tree_(tree) {}

  // Gives the file `temporary` the name `path`, replacing what has it, durably. conflict where
  // `path` is a directory of others or lies below a file; unavailable where the change was made but
  // may not survive a loss of power.
  [[nodiscard]] Result<void> publish(const std::string& temporary, const std::string& path);

  // Removes the file `path`, durably, if there is one, and what it leaves empty of the directories
  // that its last `key_size` bytes name. Errors as above.
  [[nodiscard]] Result<void> remove(const std::string& path, std::size_t key_size);

  // Removes what is empty of the directories above `path` that its last `key_size` bytes name, as
  // far as that is possible.
  void remove_empty_directories(const std::string& path, std::size_t key_size);

 private:
  [[nodiscard]] Result<void> ensure_directory(const std::string& path);
  [[nodiscard]] Result<void> rename(const std::string& temporary, const std::string& path);
  [[nodiscard]] Result<void> sync_names(std::string directory);

  FileTree& tree_;
  std::mutex mutex_;
};

}  // namespace objectstore
