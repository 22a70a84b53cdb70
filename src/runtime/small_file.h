// Files that are read whole: keys, certificates, credentials, options.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace objectstore {

// At most a mebibyte of a file. nullopt: there is none. Blocks. Errors: io (naming the file).
[[nodiscard]] Result<std::optional<std::string>> read_small_file(const std::string& path);

}  // namespace objectstore
