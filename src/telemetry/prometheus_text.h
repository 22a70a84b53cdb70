// The text that Prometheus reads, in the exposition format 0.0.4.
#pragma once

#include <string>

#include "runtime/metrics.h"

namespace objectstore {

inline constexpr const char* prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

// Of every family that has a name, after a refresh; series in the order of their labels. A family
// without series shows its # HELP and # TYPE lines, so that all names can be found at any time.
[[nodiscard]] std::string prometheus_text(Metrics& metrics);

}  // namespace objectstore
