// The one error type of the project.
//
// An Error says what went wrong and whether trying again can help. Absence, a lost race and an
// unknown outcome are not errors: they are values of the operation's own result type.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace objectstore {

enum class ErrorCode : std::uint8_t {
  invalid_argument,   // the caller's input is bad; trying again will not help
  client_stream,      // the client's body ended early or was malformed
  payload_too_large,  // the object exceeds a configured or structural limit
  conflict,           // the key can't exist beside what is stored already
  unsupported,        // the backend lacks the capability
  unavailable,        // a store can't be reached or the change was fenced; trying again may help
  deadline_exceeded,  // the time allowed ran out; trying again may help
  at_capacity,        // as much as allowed runs already; trying again later may help
  cancelled,          // the process is shutting down
  out_of_space,       // the disk is full; reads go on
  corrupt,            // stored bytes fail their checksum or can't be parsed
  io,                 // the operating system or a library refused
  internal,           // a broken assumption of this program
};

[[nodiscard]] std::string_view to_string(ErrorCode code);

class Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  [[nodiscard]] ErrorCode code() const { return code_; }
  // What went wrong, for people: names the thing concerned, holds no secret, has no final stop.
  [[nodiscard]] const std::string& message() const { return message_; }
  // What lies below `message()`, outermost first.
  [[nodiscard]] const std::vector<std::string>& causes() const { return causes_; }
  // Whether the same request may succeed later without anyone changing it.
  [[nodiscard]] bool retryable() const;

  // The same error, told from one level up: `context` becomes the message, the old message a cause.
  [[nodiscard]] Error wrap(std::string context) &&;
  // "message: cause: cause"
  [[nodiscard]] std::string describe() const;

  friend bool operator==(const Error&, const Error&) = default;

 private:
  ErrorCode code_;
  std::string message_;
  std::vector<std::string> causes_;
};

}  // namespace objectstore
