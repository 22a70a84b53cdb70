// The options file that is exchanged while the process runs (contract config.md section 8).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "service/settings.h"

namespace objectstore {

inline constexpr std::size_t longest_runtime_options = 1 << 20;  // bytes
inline constexpr std::size_t most_runtime_killswitches = 1000;   // each request looks at them

struct RuntimeOptions {
  std::vector<Killswitch> killswitches;
  std::vector<std::string> notes;  // what is left out, or without effect, for a warning each
};

// Reads the text of values.json: {"options":{"killswitches":[…]},"generated_at":…}. Unknown options
// are left out, a few of them noted. invalid_argument names the member that is wrong: one of
// another type or of another name within an entry, or missing or too many options.
[[nodiscard]] Result<RuntimeOptions> parse_runtime_options(std::string_view json);

}  // namespace objectstore
