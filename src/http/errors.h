// The one place where an Error becomes an HTTP response (http-api.md section 5).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/authenticator.h"
#include "base/error.h"
#include "http/response.h"

namespace objectstore {

[[nodiscard]] unsigned http_status(ErrorCode code);
[[nodiscard]] unsigned http_status(AuthFailureKind kind);

// Shape A: {"detail":…,"causes":[…]}, `causes` left out when empty.
[[nodiscard]] std::string error_json(std::string_view detail, std::span<const std::string> causes);

// What a client is told of an error.
struct ClientError {
  unsigned status = 500;
  std::string detail;
  std::vector<std::string> causes;

  [[nodiscard]] std::string json() const { return error_json(detail, causes); }
};
// Errors of the operating system and of stored data are told in general terms only: their messages
// may name paths of this machine. Whoever calls logs the whole error.
[[nodiscard]] ClientError client_error(const Error& error);
// "auth error: …".
[[nodiscard]] ClientError client_error(const AuthFailure& failure);
// "batch error: …", of a part that is no operation, or one operation too many.
[[nodiscard]] ClientError batch_error(const Error& error);
// Of an operation that threw.
[[nodiscard]] ClientError internal_error();
// 501: what the store, or this server, can't do.
[[nodiscard]] ClientError not_implemented();
// 404: the store knows no such multipart upload.
[[nodiscard]] ClientError no_such_upload();

// Fills the response with that.
void answer(const ClientError& error, Response& response);

// What a client is told where a handler threw.
void answer_panic(Response& response);

}  // namespace objectstore
