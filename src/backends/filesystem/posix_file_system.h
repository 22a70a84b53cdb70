// The file system of the operating system (Linux).
#pragma once

#include "backends/filesystem/file_system.h"

namespace objectstore {

// Holds nothing; may be shared by all stores of a process.
class PosixFileSystem final : public FileSystem {
 public:
  [[nodiscard]] Result<std::unique_ptr<FileTree>> open_tree(const std::string& root) override;
};

}  // namespace objectstore
