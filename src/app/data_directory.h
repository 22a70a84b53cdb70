// The directory of the embedded default: `format`, `rows`, `blobs`
// (docs/formats/data-directory.md).
#pragma once

#include <filesystem>

#include "base/result.h"

namespace objectstore {

struct DataDirectory {
  std::filesystem::path rows;
  std::filesystem::path blobs;
};

// Where things lie in it, whether it is there or not.
[[nodiscard]] DataDirectory data_directory_at(const std::filesystem::path& path);

// Makes the directory durably, or checks that it is one of ours. Refuses, with what to do: a
// directory that holds other files, an unknown format version.
[[nodiscard]] Result<DataDirectory> open_data_directory(const std::filesystem::path& path);

}  // namespace objectstore
