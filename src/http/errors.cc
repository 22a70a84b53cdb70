#include "http/errors.h"

#include <vector>

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

void answer_error(const Error& error, Response& response) {
  const auto status = http_status(error.code());
  if (error.code() == ErrorCode::unsupported) {
    answer_not_implemented(response);
  } else if (error.code() == ErrorCode::invalid_argument && is_metadata_error(error)) {
    // Its causes begin with its message already (model/metadata_headers.h).
    response.set_json(status, error_json("service error: " + error.message(), error.causes()));
  } else if (error.code() == ErrorCode::invalid_argument) {
    response.set_json(status, error_json("client error: " + error.message(), {}));
  } else {
    std::vector<std::string> causes;
    if (const auto general = general_text(error.code()); !general.empty()) {
      causes.emplace_back(general);
    } else {
      causes.push_back(error.message());
      causes.insert(causes.end(), error.causes().begin(), error.causes().end());
    }
    response.set_json(status, error_json("service error: " + causes.front(), causes));
  }
  if (status == 503) response.add_header("retry-after", busy_retry_after);
  if (status == 507) response.add_header("retry-after", full_retry_after);
}

void answer_not_implemented(Response& response) {
  const std::string text = "not implemented";
  response.set_json(501, error_json("service error: " + text, {&text, 1}));
}

void answer_panic(Response& response) {
  response.set_text(500, "internal error");
  response.close = true;
}

}  // namespace objectstore
