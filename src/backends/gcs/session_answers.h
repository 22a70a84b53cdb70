// What a session's answers say of it.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "backends/gcs/object_resource.h"
#include "net/http_client.h"

namespace objectstore {

struct SessionActive {
  std::uint64_t committed = 0;  // so many bytes are kept, from the first one on
};
struct SessionConflict {};
// It can't be used any more: cancelled, expired, never opened.
struct SessionGone {};
struct SessionUnknown {
  Error error;  // asking may tell
};
struct SessionRefused {
  Error error;
};
using SessionState = std::variant<SessionActive, StoredObject, SessionConflict, SessionGone,
                                  SessionUnknown, SessionRefused>;

[[nodiscard]] SessionState read_session_answer(std::string_view action, const HttpReply& reply);
[[nodiscard]] SessionState session_state_of(std::string_view action, Result<HttpReply> reply);

}  // namespace objectstore
