// Looking up header lines of a request.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "model/metadata_headers.h"
#include "model/text.h"

namespace objectstore {

// The value of the first line of that name, which is in lower case; names match without regard to
// case.
[[nodiscard]] inline std::optional<std::string_view> find_header(
    const std::vector<HeaderView>& headers, std::string_view name) {
  for (const auto& [there, value] : headers) {
    if (equals_ignoring_case(there, name)) return value;
  }
  return std::nullopt;
}

}  // namespace objectstore
