// The caller's name in the header x-downstream-service (http-api.md section 11).
#pragma once

#include <string_view>

namespace objectstore {

// Without the suffix that Kubernetes gives to pods of a deployment or a stateful set. A view into
// `name`.
[[nodiscard]] std::string_view normalised_service(std::string_view name);

}  // namespace objectstore
