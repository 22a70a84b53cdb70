// Times as the APIs of clouds write them.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace objectstore {

// "2026-04-20T13:37:00Z", with up to any number of fraction digits (cut to nanoseconds) and "Z" or
// an offset such as "+02:00". Years 1970 to 9999, of which those that WallTime can't hold (from
// 2262-04-10 on) are its maximum; no leap seconds.
[[nodiscard]] std::optional<WallTime> parse_rfc3339(std::string_view text);

}  // namespace objectstore
