// Which of the credentials that a request shows is the one that counts (contract auth.md, section
// 2).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "auth/auth_failure.h"

namespace objectstore {

// What a request shows of itself. Views live as long as the call.
struct PresentedCredential {
  std::string_view method;                    // as on the wire
  std::string_view path;                      // as on the wire, percent-encoded, without query
  std::string_view query;                     // as on the wire, without '?'
  std::optional<std::string_view> x_os_auth;  // the headers of that name
  std::optional<std::string_view> authorization;
  std::string_view request_id = {};  // for the log
};

struct PresignedUrl {};  // the request's path and query themselves
struct Token {
  std::string text;  // a JWT, or what was given for one
};
[[nodiscard]] Authenticated<std::variant<PresignedUrl, Token>> choose_credential(
    const PresentedCredential& shown);

}  // namespace objectstore
