// What is right in form but keeps the server from starting, or from doing all that was asked.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"

namespace objectstore {

// Conditions of contract config.md section 9 that need no look at the world.
[[nodiscard]] std::vector<std::string> startup_errors(const Config& config);

// What is probably not meant so: `run` warns and goes on.
[[nodiscard]] std::vector<std::string> startup_warnings(const Config& config);

}  // namespace objectstore
