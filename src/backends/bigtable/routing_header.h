// The header by which Google's front ends find where a call belongs.
// https://google.aip.dev/client-libraries/4222
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/percent.h"

namespace objectstore::bigtable {

// A header with the fields "name=value&name=value". All but the unreserved characters of values are
// escaped.
[[nodiscard]] inline std::pair<std::string, std::string> routing_header(
    std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  std::string value;
  for (const auto& [name, field] : fields) {
    if (!value.empty()) value += '&';
    value.append(name).append("=").append(percent_encode(field, percent_plain::unreserved));
  }
  return {"x-goog-request-params", std::move(value)};
}

}  // namespace objectstore::bigtable
