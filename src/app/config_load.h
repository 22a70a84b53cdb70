// Where the configuration comes from: environment > YAML file > defaults.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "app/config.h"
#include "app/config_value.h"
#include "app/env_value.h"

namespace objectstore {

struct ConfigLoad {
  Config config;                            // to be used only where there are no errors
  std::vector<ConfigProblem> errors;        // all of them, not only the first
  std::vector<ConfigProblem> unknown_keys;  // for a warning: they are ignored
};

// Reads the file, if one is named, and the variables. A relative `file` is searched in the working
// directory, then in each directory above it; a named file that isn't there is an error.
[[nodiscard]] ConfigLoad load_config(const std::optional<std::filesystem::path>& file,
                                     const Environment& environment);

// The same from texts; `name` is how messages call the YAML text. For tests.
[[nodiscard]] ConfigLoad load_config_text(const std::string& yaml, std::string_view name,
                                          const Environment& environment);

// `file` itself if absolute, else the first `<dir>/file` that exists, from `start` upwards.
[[nodiscard]] std::optional<std::filesystem::path> find_config_file(
    const std::filesystem::path& file, const std::filesystem::path& start);

}  // namespace objectstore
