// Files that are being written. Their writer holds a lock on them for its life, so that what dead
// writers left behind is told apart from what live ones, of any process, are working on.
#pragma once

#include <memory>
#include <string>

#include "backends/filesystem/file_system.h"

namespace objectstore {

// Creates `path` and locks it. conflict where the file exists; unavailable where a clean-up took it
// in the moment between the two: trying again helps.
[[nodiscard]] Result<std::unique_ptr<File>> create_temporary(FileTree& tree,
                                                             const std::string& path);

// Unlinks `path` if its writer is dead; false: there is no such file, or it is held.
[[nodiscard]] Result<bool> remove_if_dead(FileTree& tree, const std::string& path);

// Unlinks the files of `directory` that end in ".tmp" and that nobody holds; returns how many.
[[nodiscard]] Result<std::size_t> remove_leftovers(FileTree& tree, const std::string& directory);

}  // namespace objectstore
