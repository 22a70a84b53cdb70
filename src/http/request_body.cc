#include "http/request_body.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace objectstore {

void RequestBody::begin(std::string_view received, const RequestHead& head) {
  io_.renew_pace();
  window_ = received;
  continue_pending_ = head.expects_continue && head.has_body;
  begun_ = !received.empty();
  draining_ = false;
  broken_ = false;
}

Task<Result<std::string_view>> RequestBody::next() {
  using State = RequestParser::Step::State;
  for (;;) {
    if (broken_) co_return fail("the body has failed before");
    const auto step = parser_.parse_body(window_);
    window_.remove_prefix(step.consumed);
    switch (step.state) {
      case State::payload:
        co_return step.payload;
      case State::done:
        if (window_.empty()) release_buffer();
        co_return std::string_view();
      case State::broken:
        co_return fail("malformed chunk");
      case State::need_input:
        CO_TRY(co_await fill());
        break;
    }
  }
}

Task<Result<void>> RequestBody::fill() {
  // A client that sends on does not wait for it, and may be reading an answer (RFC 9110, 10.1.1).
  if (continue_pending_ && !begun_) CO_TRY(co_await send_continue());
  const auto remaining = parser_.remaining();
  if (!buffer_) {
    // Of a known length no more is ever unparsed here than the window of a chunk header.
    capacity_ = remaining
                    ? static_cast<std::size_t>(std::min<std::uint64_t>(*remaining, buffer_bytes))
                    : buffer_bytes;
    if (window_.size() >= capacity_) co_return fail("chunk header too long");
    buffer_ = std::make_unique_for_overwrite<char[]>(capacity_);
  }
  if (window_.size() >= capacity_) co_return fail("chunk header too long");
  if (!window_.empty()) std::memmove(buffer_.get(), window_.data(), window_.size());
  const auto used = window_.size();
  auto free = capacity_ - used;
  // Not beyond this body: what follows belongs to the next request.
  if (remaining) free = static_cast<std::size_t>(std::min<std::uint64_t>(free, *remaining));

  if (!draining_) io_.arm_paced(settings_.body_stall_timeout);
  const auto read = co_await io_.read_some(buffer_.get() + used, free);
  if (!draining_) io_.disarm();
  window_ = {buffer_.get(), used + read.size};
  if (read.outcome == IoOutcome::ok) co_return Result<void>();
  if (read.outcome == IoOutcome::timed_out) co_return fail("timed out waiting for the client");
  co_return fail(read.outcome == IoOutcome::end ? "connection closed before the end of the body"
                                                : "connection broke");
}

Task<Result<void>> RequestBody::send_continue() {
  continue_pending_ = false;
  Gather line;
  line.add("HTTP/1.1 100 Continue\r\n\r\n");
  auto outcome = io_.write_now(line);
  if (outcome == IoOutcome::ok) {
    outcome = co_await io_.write_rest(line, settings_.write_stall_timeout);
  }
  if (outcome != IoOutcome::ok) co_return fail("connection broke");
  co_return Result<void>();
}

bool RequestBody::can_finish() const {
  if (broken_) return false;
  if (parser_.body_done()) return true;
  // A client that waits for the 100 may or may not send the body after another answer.
  const auto remaining = parser_.remaining();
  return !continue_pending_ && remaining && *remaining <= drain_bytes;
}

Task<bool> RequestBody::drain() {
  draining_ = true;
  io_.arm(settings_.lingering_timeout);
  while (!done()) {
    const auto piece = co_await next();
    if (!piece.ok()) co_return false;
  }
  io_.disarm();
  co_return true;
}

void RequestBody::release_buffer() {
  buffer_.reset();
  capacity_ = 0;
}

Error RequestBody::fail(std::string why) {
  broken_ = true;
  Error error(ErrorCode::client_stream, std::move(why));
  const std::string context = "error reading a body from connection";
  return std::move(error).wrap(context).wrap("error reading client stream: " + context);
}

}  // namespace objectstore
