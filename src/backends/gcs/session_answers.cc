#include "backends/gcs/session_answers.h"

#include <charconv>

#include "backends/gcs/requests.h"

namespace objectstore {

namespace {

constexpr int resume_incomplete = 308;
constexpr int client_closed_request = 499;

// "bytes=0-N", or nothing where no byte is kept.
SessionState read_committed(const HttpReply& reply) {
  const auto range = find_header(reply.headers, "range");
  if (!range) return SessionActive{0};
  constexpr std::string_view prefix = "bytes=0-";
  std::uint64_t last = 0;
  const char* const end = range->data() + range->size();
  if (range->starts_with(prefix)) {
    const auto [stop, error] = std::from_chars(range->data() + prefix.size(), end, last);
    if (error == std::errc() && stop == end && stop != range->data() + prefix.size()) {
      return SessionActive{last + 1};
    }
  }
  return SessionRefused{
      Error(ErrorCode::unavailable, "GCS: an upload session tells its progress in a form unknown")};
}

}  // namespace

SessionState read_session_answer(std::string_view action, const HttpReply& reply) {
  switch (reply.status) {
    case resume_incomplete:
      return read_committed(reply);
    case 200:
    case 201: {
      auto stored = read_stored_object(reply.body);
      if (!stored.ok()) return SessionUnknown{std::move(stored).error()};
      return std::move(stored).value();
    }
    case 404:
    case 410:
    case client_closed_request:
      return SessionGone{};
    case 412:
      return SessionConflict{};
    default:
      break;
  }
  auto error = gcs_refusal(action, reply);
  if (error.retryable()) return SessionUnknown{std::move(error)};
  return SessionRefused{std::move(error)};
}

SessionState session_state_of(std::string_view action, Result<HttpReply> reply) {
  if (reply.ok()) return read_session_answer(action, *reply);
  if (reply.error().retryable()) return SessionUnknown{std::move(reply).error()};
  return SessionRefused{std::move(reply).error()};
}

}  // namespace objectstore
