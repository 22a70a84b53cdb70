// Directories that are still there after a power cut.
#pragma once

#include <filesystem>
#include <functional>

#include "base/result.h"

namespace objectstore {

// Makes the entries of a directory durable. Blocks.
[[nodiscard]] Result<void> sync_directory(const std::filesystem::path& path);

// Makes `path` with all directories above it that are missing; each is durable on return. The
// directory that holds `path` is synced even if `path` was there: a process that was killed may
// just have made it. Blocks. Errors out_of_space, io.
[[nodiscard]] Result<void> make_directories_durably(const std::filesystem::path& path);

// The same with another sync_directory, for tests.
using DirectorySync = std::function<Result<void>(const std::filesystem::path&)>;
[[nodiscard]] Result<void> make_directories_durably(const std::filesystem::path& path,
                                                    const DirectorySync& sync);

}  // namespace objectstore
