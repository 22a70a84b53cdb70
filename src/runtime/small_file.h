// Files that are read whole: keys, certificates, credentials, options.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace objectstore {

// A file of at most a mebibyte. nullopt: there is none. Blocks, but waits for no writer: pipes and
// devices are refused, but for /dev/null, which is empty. Errors: io (naming the file).
[[nodiscard]] Result<std::optional<std::string>> read_small_file(const std::string& path);

}  // namespace objectstore
