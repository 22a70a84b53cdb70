#include "http/errors.h"

#include <utility>

#include "http/json.h"

namespace objectstore {

namespace {

// Seconds after which a client may try again.
constexpr std::string_view busy_retry_after = "1";
constexpr std::string_view full_retry_after = "30";

// What a client is told instead of the message; empty: the message itself.
std::string_view general_text(ErrorCode code) {
  switch (code) {
    case ErrorCode::corrupt:
      return "stored data is damaged";
    case ErrorCode::io:
      return "i/o error";
    case ErrorCode::out_of_space:
      return "no space left in storage";
    default:
      return {};
  }
}

bool is_metadata_error(const Error& error) {
  return error.message().starts_with("metadata error: ");
}

// Bad input all the same, but told in the class of the service (http-api.md section 5).
bool is_upload_id_error(const Error& error) {
  return error.message().starts_with("invalid upload_id: ");
}

ClientError service_error(unsigned status, std::string_view text) {
  std::string detail = "service error: ";
  detail += text;
  return {status, std::move(detail), {std::string(text)}};
}

}  // namespace

unsigned http_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::client_stream:
      return 400;
    case ErrorCode::payload_too_large:
      return 413;
    case ErrorCode::conflict:
      return 409;
    case ErrorCode::at_capacity:
      return 429;
    case ErrorCode::unsupported:
      return 501;
    case ErrorCode::unavailable:
    case ErrorCode::deadline_exceeded:
    case ErrorCode::cancelled:
      return 503;
    case ErrorCode::out_of_space:
      return 507;
    case ErrorCode::corrupt:
    case ErrorCode::io:
    case ErrorCode::internal:
      return 500;
  }
  return 500;
}

unsigned http_status(AuthFailureKind kind) {
  switch (kind) {
    case AuthFailureKind::bad_request:
      return 400;
    case AuthFailureKind::validation_failure:
    case AuthFailureKind::verification_failure:
    case AuthFailureKind::unknown_key:
      return 401;
    case AuthFailureKind::not_permitted:
    case AuthFailureKind::unsupported_presigned_method:
      return 403;
    case AuthFailureKind::internal_error:
      return 500;
  }
  return 500;
}

std::string error_json(std::string_view detail, std::span<const std::string> causes) {
  std::string out = "{\"detail\":";
  append_json_string(out, detail);
  if (!causes.empty()) {
    out += ",\"causes\":";
    char separator = '[';
    for (const auto& cause : causes) {
      out += separator;
      append_json_string(out, cause);
      separator = ',';
    }
    out += ']';
  }
  out += '}';
  return out;
}

ClientError client_error(const Error& error) {
  if (error.code() == ErrorCode::unsupported) return not_implemented();
  ClientError out;
  out.status = http_status(error.code());
  if (error.code() == ErrorCode::invalid_argument && is_metadata_error(error)) {
    // Its causes begin with its message already (model/metadata_headers.h).
    out.detail = "service error: " + error.message();
    out.causes = error.causes();
    return out;
  }
  if (error.code() == ErrorCode::invalid_argument && !is_upload_id_error(error)) {
    out.detail = "client error: " + error.message();
    return out;
  }
  if (const auto general = general_text(error.code()); !general.empty()) {
    return service_error(out.status, general);
  }
  out = service_error(out.status, error.message());
  out.causes.insert(out.causes.end(), error.causes().begin(), error.causes().end());
  return out;
}

ClientError client_error(const AuthFailure& failure) {
  return {http_status(failure.kind), "auth error: " + failure.causes.front(), failure.causes};
}

ClientError batch_error(const Error& error) {
  ClientError out{http_status(error.code()), "batch error: " + error.message(), error.causes()};
  if (!is_metadata_error(error)) out.causes.insert(out.causes.begin(), error.message());
  return out;
}

ClientError internal_error() {
  return service_error(500, "internal error");
}

ClientError not_implemented() {
  return service_error(501, "not implemented");
}

ClientError no_such_upload() {
  return service_error(404, "multipart upload not found");
}

void answer(const ClientError& error, Response& response) {
  response.set_json(error.status, error.json());
  if (error.status == 503) response.add_header("retry-after", busy_retry_after);
  if (error.status == 507) response.add_header("retry-after", full_retry_after);
}

void answer_panic(Response& response) {
  response.set_text(500, "internal error");
  response.close = true;
}

}  // namespace objectstore
