// The check that a content-type must pass (http-api.md section 6); the value itself is stored
// verbatim.
#pragma once

#include <string_view>

#include "base/result.h"

namespace objectstore {

// invalid_argument whose message is one of "Invalid type name", "Invalid subtype name",
// "Invalid suffix", "Invalid params", "Invalid param name", "Invalid param value".
[[nodiscard]] Result<void> check_media_type(std::string_view text);

}  // namespace objectstore
