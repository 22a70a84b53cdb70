// What is right in form but keeps the server from starting, or from doing all that was asked.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"

namespace objectstore {

// Conditions of contract config.md section 9 that need no look at the world.
[[nodiscard]] std::vector<std::string> startup_errors(const Config& config);

// What is configured but not built yet, a text each: `run` must refuse, never ignore it.
[[nodiscard]] std::vector<std::string> unavailable_features(const Config& config);

// What has no effect, and harms nobody by that: `run` warns and goes on.
[[nodiscard]] std::vector<std::string> startup_warnings(const Config& config);

}  // namespace objectstore
