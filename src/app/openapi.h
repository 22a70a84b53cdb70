// The description of the HTTP interface, docs/openapi.yaml, as it was when this was built.
#pragma once

#include <string_view>

namespace objectstore {

[[nodiscard]] std::string_view openapi_yaml();

}  // namespace objectstore
