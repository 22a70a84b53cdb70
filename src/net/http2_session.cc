#include "net/http2_session.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/assert.h"
#include "net/ended_call.h"
#include "net/grpc_status.h"
#include "net/http2_callbacks.h"

namespace objectstore {

namespace {

// Where the path stands in headers_: names with a colon come first.
constexpr std::size_t path_index = 3;

nghttp2_nv header(std::string_view name, std::string_view value) {
  nghttp2_nv pair{};
  // nghttp2 only reads them; they outlive the frame.
  pair.name = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data()));
  pair.namelen = name.size();
  pair.value = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data()));
  pair.valuelen = value.size();
  pair.flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
  return pair;
}

}  // namespace

Http2Session::Http2Session(Http2SessionSettings settings, Alarms& alarms,
                           std::shared_ptr<std::atomic<std::size_t>> load,
                           std::function<void()> wants_to_write)
    : settings_(std::move(settings)),
      alarms_(alarms),
      load_(std::move(load)),
      wants_to_write_(std::move(wants_to_write)) {
  session_ = Http2Callbacks::make_session(*this);
  const auto& limits = settings_.limits;
  const std::array<nghttp2_settings_entry, 2> entries = {{
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.stream_window},
  }};
  int failed = nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, entries.data(), entries.size());
  OBJECTSTORE_ASSERT(failed == 0);
  failed = nghttp2_session_set_local_window_size(
      session_, NGHTTP2_FLAG_NONE, 0, static_cast<std::int32_t>(limits.connection_window));
  OBJECTSTORE_ASSERT(failed == 0);
  build_common_headers();
}

Http2Session::~Http2Session() {
  nghttp2_session_del(session_);
}

void Http2Session::build_common_headers() {
  headers_ = {header(":method", "POST"),
              header(":scheme", settings_.scheme),
              header(":authority", settings_.authority),
              header(":path", ""),
              header("te", "trailers"),
              header("content-type", "application/grpc"),
              header("user-agent", settings_.user_agent)};
  for (const auto& [name, value] : settings_.metadata)
    headers_.push_back(header(name, value));
}

std::unique_ptr<RpcCall> Http2Session::start(RpcRequest request,
                                             std::shared_ptr<const std::string> authorization) {
  OBJECTSTORE_ASSERT(takes_calls());
  if (request.deadline <= alarms_.now())
    return ended_call(never_sent(RpcCode::deadline_exceeded, "the time was over before the call"));
  if (queued_count_ >= settings_.limits.max_queued_calls)
    return ended_call(never_sent(RpcCode::unavailable, "too many calls wait for the connection"));
  auto call = std::make_unique<Http2Call>(shared_from_this(), std::move(request),
                                          std::move(authorization), settings_.limits.max_message);
  queued_.push_back(*call);
  ++queued_count_;
  ++calls_;
  load_->fetch_add(1, std::memory_order_relaxed);
  alarms_.set(*call, call->request_.deadline);
  wants_to_write_();
  return call;
}

bool Http2Session::finished() const {
  return draining_ && calls_ == 0;
}

std::optional<std::string> Http2Session::receive(std::string_view bytes) {
  const auto taken = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (taken < 0) return nghttp2_strerror(static_cast<int>(taken));
  return std::nullopt;
}

std::optional<std::string> Http2Session::produce(std::string& out, std::size_t enough) {
  out_ = &out;
  enough_ = enough;
  std::optional<std::string> problem;
  while (!problem && out.size() < enough) {
    const std::uint8_t* bytes = nullptr;
    const auto size = nghttp2_session_mem_send(session_, &bytes);
    if (size < 0) {
      problem = nghttp2_strerror(static_cast<int>(size));
    } else if (size > 0) {
      out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
      produced_ += static_cast<std::uint64_t>(size);
    } else if (out.size() < enough) {
      if (!may_submit()) break;
      problem = submit_next();
    }
  }
  out_ = nullptr;
  const bool over = !nghttp2_session_want_read(session_) && !nghttp2_session_want_write(session_);
  if (!problem && over && !finished()) problem = "the server broke the rules of HTTP/2";
  return problem;
}

bool Http2Session::may_submit() const {
  if (queued_.empty() || !greeted_) return false;
  return streams_ <
         nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

std::optional<std::string> Http2Session::submit_next() {
  auto& call = queued_.front();
  const auto& request = call.request_;
  call.timeout_ = grpc_timeout(request.deadline - alarms_.now());

  const auto common = headers_.size();
  headers_[path_index] = header(":path", request.method);
  headers_.push_back(header("grpc-timeout", call.timeout_));
  headers_.back().flags |= NGHTTP2_NV_FLAG_NO_INDEX;  // hardly ever the same again
  if (call.authorization_) headers_.push_back(header("authorization", *call.authorization_));
  for (const auto& [name, value] : request.metadata)
    headers_.push_back(header(name, value));
  nghttp2_data_provider body{};
  body.read_callback = Http2Callbacks::read_body;
  const auto stream =
      nghttp2_submit_request(session_, nullptr, headers_.data(), headers_.size(), &body, &call);
  headers_.resize(common);
  if (stream < 0) return nghttp2_strerror(stream);

  call.stream_ = stream;
  queued_.pop_front();
  --queued_count_;
  open_.push_back(call);
  ++streams_;
  return std::nullopt;
}

void Http2Session::ping() {
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
}

void Http2Session::note_ready(Http2Call& call) {
  if (call.wants_resumption() && !call.ready_.is_linked()) ready_.push_back(call);
}

void Http2Session::resume_ready() {
  while (!ready_.empty()) {
    auto& call = ready_.front();
    ready_.pop_front();
    call.waiting_.resume();
  }
}

void Http2Session::detach(Http2Call& call) {
  if (call.stream_ == 0) --queued_count_;
  call.attached_.unlink();
  call.clear();
  --calls_;
  load_->fetch_sub(1, std::memory_order_relaxed);
}

void Http2Session::finish(Http2Call& call, RpcStatus status) {
  const auto self = std::exchange(call.session_, nullptr);
  detach(call);
  call.status_ = std::move(status);
  if (call.stream_ != 0) nghttp2_session_set_stream_user_data(session_, call.stream_, nullptr);
  note_ready(call);
  if (draining_ && calls_ == 0) wants_to_write_();  // there may be a connection to close
}

void Http2Session::abandon(Http2Call& call, std::uint32_t error) {
  if (call.stream_ == 0) return;
  nghttp2_session_set_stream_user_data(session_, call.stream_, nullptr);
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, call.stream_, error);
  wants_to_write_();
}

void Http2Session::drop(Http2Call& call) {
  abandon(call, NGHTTP2_CANCEL);
  finish(call, RpcStatus());
}

void Http2Session::expire(Http2Call& call) {
  RpcStatus status;
  status.code = RpcCode::deadline_exceeded;
  status.message = call.stream_ == 0 ? "the time was over before the server took more calls"
                                     : "the server did not answer in time";
  status.never_sent = unproduced(call);
  call.messages_.clear();
  abandon(call, NGHTTP2_CANCEL);
  finish(call, std::move(status));
  resume_ready();
}

void Http2Session::consume(Http2Call& call, std::size_t bytes) {
  nghttp2_session_consume_stream(session_, call.stream_, bytes);
  if (nghttp2_session_want_write(session_)) wants_to_write_();
}

Http2Call* Http2Session::find(std::int32_t stream) const {
  return static_cast<Http2Call*>(nghttp2_session_get_stream_user_data(session_, stream));
}

void Http2Session::end_queued(const std::string& why) {
  while (!queued_.empty())
    finish(queued_.front(), never_sent(RpcCode::unavailable, why));
}

void Http2Session::end(const RpcStatus& status, std::uint64_t handed_over) {
  ended_ = true;
  for (auto* calls : {&open_, &queued_}) {
    while (!calls->empty()) {
      auto& call = calls->front();
      auto own = status;
      own.never_sent = !call.begins_at_ || *call.begins_at_ >= handed_over;
      finish(call, std::move(own));
    }
  }
}

}  // namespace objectstore
