// Where the options lie that are exchanged while the process runs (contract config.md section 8).
#pragma once

#include <filesystem>

#include "app/config.h"
#include "base/result.h"
#include "service/runtime_options.h"

namespace objectstore {

// <directory>/values/objectstore/values.json, where the directory is the configured one, else
// /etc/sentry-options if that exists, else sentry-options in the working directory.
[[nodiscard]] std::filesystem::path options_file(const OptionsLocation& location);

// Reads the file; blocks. A file that isn't there holds no options. Errors name the file.
[[nodiscard]] Result<RuntimeOptions> read_options_file(const std::filesystem::path& file);

}  // namespace objectstore
