// The one place where an Error becomes an HTTP response (http-api.md section 5).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/response.h"

namespace objectstore {

[[nodiscard]] unsigned http_status(ErrorCode code);

// Shape A: {"detail":…,"causes":[…]}, `causes` left out when empty.
[[nodiscard]] std::string error_json(std::string_view detail, std::span<const std::string> causes);

// Fills the response. Errors of the operating system and of stored data are told in general terms
// only: their messages may name paths of this machine. Whoever calls logs the whole error.
void answer_error(const Error& error, Response& response);

// "service error: not implemented", 501.
void answer_not_implemented(Response& response);

// What a client is told where a handler threw.
void answer_panic(Response& response);

}  // namespace objectstore
