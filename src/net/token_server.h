// Requests to OAuth 2.0 token servers, and answers reduced to what may be shown.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/token_fetcher.h"

namespace objectstore {

// application/x-www-form-urlencoded.
using FormFields = std::initializer_list<std::pair<std::string_view, std::string_view>>;
[[nodiscard]] HttpRequest make_form_post(std::string url, FormFields fields);

// The body of a 200. Any other answer is an error that names `server` and, of the body, at most the
// members `error` and `error_description` (RFC 6749, 5.2; Google also puts an object under the
// former) or, of AWS's, the elements Code and Message: short, printable, and only where they share
// no part with one of `secrets`. 429 and 5xx are unavailable, other refusals invalid_argument.
[[nodiscard]] Task<Result<std::string>> ask_token_server(TokenParts parts, std::string server,
                                                         HttpRequest request,
                                                         std::vector<std::string> secrets);

// Reads `access_token` and `expires_in` (seconds). `server` is for errors.
[[nodiscard]] Result<AccessToken> parse_token_response(std::string_view body,
                                                       std::string_view server);

// Whether `text` can be a token: one that is not would break the header it goes into.
[[nodiscard]] bool is_token_text(std::string_view text);

// "status 400: invalid_grant: Bad signature", as described for ask_token_server.
[[nodiscard]] std::string describe_refusal(int status, std::string_view body,
                                           const std::vector<std::string>& secrets);

}  // namespace objectstore
