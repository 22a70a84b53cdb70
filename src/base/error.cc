#include "base/error.h"

#include <utility>

namespace objectstore {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return "invalid_argument";
    case ErrorCode::client_stream:
      return "client_stream";
    case ErrorCode::payload_too_large:
      return "payload_too_large";
    case ErrorCode::conflict:
      return "conflict";
    case ErrorCode::unsupported:
      return "unsupported";
    case ErrorCode::unavailable:
      return "unavailable";
    case ErrorCode::deadline_exceeded:
      return "deadline_exceeded";
    case ErrorCode::at_capacity:
      return "at_capacity";
    case ErrorCode::cancelled:
      return "cancelled";
    case ErrorCode::out_of_space:
      return "out_of_space";
    case ErrorCode::corrupt:
      return "corrupt";
    case ErrorCode::io:
      return "io";
    case ErrorCode::internal:
      return "internal";
  }
  return "internal";
}

bool Error::retryable() const {
  return code_ == ErrorCode::unavailable || code_ == ErrorCode::deadline_exceeded ||
         code_ == ErrorCode::at_capacity || code_ == ErrorCode::out_of_space;
}

Error Error::wrap(std::string context) && {
  causes_.insert(causes_.begin(), std::move(message_));
  message_ = std::move(context);
  return std::move(*this);
}

std::string Error::describe() const {
  std::string text = message_;
  for (const auto& cause : causes_) {
    text += ": ";
    text += cause;
  }
  return text;
}

}  // namespace objectstore
