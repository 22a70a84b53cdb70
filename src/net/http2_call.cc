#include "net/http2_call.h"

#include <charconv>
#include <utility>

#include "base/percent.h"
#include "net/grpc_status.h"
#include "net/http2_session.h"

namespace objectstore {

namespace {
// Of one response, names and values together.
constexpr std::size_t max_header_bytes = 64 * 1024;
}  // namespace

Http2Call::Http2Call(std::shared_ptr<Http2Session> session, RpcRequest request,
                     std::shared_ptr<const std::string> authorization, std::size_t max_message)
    : session_(std::move(session)),
      request_(std::move(request)),
      authorization_(std::move(authorization)),
      messages_(max_message) {}

Http2Call::~Http2Call() {
  if (session_ != nullptr) session_->drop(*this);
}

Task<std::optional<std::string>> Http2Call::next() {
  if (messages_.empty() && session_ != nullptr) {
    open_window(true);
    co_await waiting_.wait();
  }
  if (messages_.empty()) co_return std::nullopt;
  std::optional<std::string> message(messages_.pop());
  open_window(false);
  co_return message;
}

void Http2Call::open_window(bool all) {
  const std::size_t held = all ? 0 : messages_.buffered();
  if (unreturned_ <= held) return;
  if (session_ != nullptr) session_->consume(*this, unreturned_ - held);
  unreturned_ = held;
}

void Http2Call::on_headers_begin() {
  // Informational responses (1xx) come before the response proper.
  if (http_status_ >= 200) in_trailers_ = true;
}

std::optional<RpcStatus> Http2Call::on_header(std::string_view name, std::string_view value) {
  header_bytes_ += name.size() + value.size();
  if (header_bytes_ > max_header_bytes) {
    RpcStatus status;
    status.code = RpcCode::resource_exhausted;
    status.message = "the server's headers are longer than " + std::to_string(max_header_bytes);
    return status;
  }
  if (name == ":status") {
    std::from_chars(value.data(), value.data() + value.size(), http_status_);
  } else if (name == "content-type") {
    is_grpc_ = value.starts_with("application/grpc");
  } else if (name == "grpc-status") {
    grpc_status_ = parse_grpc_status(value);
  } else if (name == "grpc-message") {
    grpc_message_ = percent_decode(value);
  } else {
    if (name == "grpc-status-details-bin") retry_delay_ = retry_delay_of(value);
    metadata_.emplace_back(name, value);
  }
  return std::nullopt;
}

std::optional<RpcStatus> Http2Call::on_data(std::string_view bytes) {
  unreturned_ += bytes.size();
  if (http_status_ != 200 || !is_grpc_) {
    // A page of some proxy: the status line tells enough.
    return outcome();
  }
  if (auto problem = messages_.push(bytes)) return problem;
  if (waiting_.waiting() && messages_.empty()) open_window(true);
  return std::nullopt;
}

RpcStatus Http2Call::outcome() const {
  RpcStatus status;
  status.retry_delay = retry_delay_;
  if (grpc_status_) {
    status.code = *grpc_status_;
    status.message = grpc_message_;
    if (status.ok() && messages_.inside_message()) {
      status.code = RpcCode::internal;
      status.message = "the server ended the call inside a message";
    }
    return status;
  }
  status.code = code_of_http_status(http_status_);
  if (http_status_ != 200) {
    status.message = "the server answered with HTTP status " + std::to_string(http_status_);
  } else if (!is_grpc_) {
    status.message = "the answer is not gRPC";
  } else {
    status.message = "the server ended the call without a status";
  }
  return status;
}

void Http2Call::ring() {
  session_->expire(*this);
}

}  // namespace objectstore
