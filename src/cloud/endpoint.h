// Where a store listens, as a configuration names it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace objectstore {

// Letters, digits and `others`, at least one.
[[nodiscard]] bool is_plain_name(std::string_view text, std::string_view others);

struct Endpoint {
  std::string scheme;  // "https://" or "http://"
  std::string host;    // in lower case, with the port
  std::string prefix;  // of all paths: "" or "/…", without a slash at the end

  [[nodiscard]] std::string url() const { return scheme + host + prefix; }
};

// An http or https URL with a plain host, and a plain path if there is one; no query, no user and
// no password. invalid_argument, which shows the text without what may be a password.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);

}  // namespace objectstore
