#include "net/http2_callbacks.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/assert.h"
#include "net/grpc_status.h"

namespace objectstore {

namespace {

constexpr std::size_t frame_header_size = 9;

// What a call sends in DATA frames.
std::size_t body_size(const RpcRequest& request) {
  return grpc_prefix_size + request.message.size();
}

Http2Session& session_of(void* user) {
  return *static_cast<Http2Session*>(user);
}

std::string_view text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

nghttp2_session* Http2Callbacks::make_session(Http2Session& session) {
  nghttp2_session_callbacks* raw_callbacks = nullptr;
  nghttp2_option* raw_option = nullptr;
  OBJECTSTORE_ASSERT(nghttp2_session_callbacks_new(&raw_callbacks) == 0);
  OBJECTSTORE_ASSERT(nghttp2_option_new(&raw_option) == 0);
  const std::unique_ptr<nghttp2_session_callbacks, decltype(&nghttp2_session_callbacks_del)>
      callbacks(raw_callbacks, nghttp2_session_callbacks_del);
  const std::unique_ptr<nghttp2_option, decltype(&nghttp2_option_del)> option(raw_option,
                                                                              nghttp2_option_del);
  nghttp2_option_set_no_auto_window_update(raw_option, 1);
  nghttp2_session_callbacks_set_on_begin_headers_callback(raw_callbacks, begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(raw_callbacks, one_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(raw_callbacks, data_chunk);
  nghttp2_session_callbacks_set_on_frame_recv_callback(raw_callbacks, frame_received);
  nghttp2_session_callbacks_set_on_stream_close_callback(raw_callbacks, stream_closed);
  nghttp2_session_callbacks_set_before_frame_send_callback(raw_callbacks, before_frame);
  nghttp2_session_callbacks_set_send_data_callback(raw_callbacks, send_data);
  nghttp2_session* made = nullptr;
  const int failed = nghttp2_session_client_new2(&made, raw_callbacks, &session, raw_option);
  OBJECTSTORE_ASSERT(failed == 0);
  return made;
}

int Http2Callbacks::begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  if (auto* call = session_of(user).find(frame->hd.stream_id)) call->on_headers_begin();
  return 0;
}

int Http2Callbacks::one_header(nghttp2_session*, const nghttp2_frame* frame,
                               const std::uint8_t* name, std::size_t name_size,
                               const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                               void* user) {
  auto& session = session_of(user);
  auto* call = session.find(frame->hd.stream_id);
  if (call == nullptr) return 0;
  if (auto problem = call->on_header(text(name, name_size), text(value, value_size))) {
    session.abandon(*call, NGHTTP2_CANCEL);
    session.finish(*call, std::move(*problem));
  }
  return 0;
}

int Http2Callbacks::data_chunk(nghttp2_session* raw, std::uint8_t, std::int32_t stream,
                               const std::uint8_t* data, std::size_t size, void* user) {
  auto& session = session_of(user);
  // Only streams hold the server back: a caller that fetches nothing must not stop the others.
  nghttp2_session_consume_connection(raw, size);
  auto* call = session.find(stream);
  if (call == nullptr) return 0;
  if (auto problem = call->on_data(text(data, size))) {
    session.abandon(*call, NGHTTP2_CANCEL);
    session.finish(*call, std::move(*problem));
  } else {
    session.note_ready(*call);
  }
  return 0;
}

int Http2Callbacks::frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  auto& session = session_of(user);
  switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA:
      if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) break;
      if (auto* call = session.find(frame->hd.stream_id)) remote_end(session, *call);
      break;
    case NGHTTP2_SETTINGS:
      if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) session.greeted_ = true;
      break;
    case NGHTTP2_GOAWAY:
      going_away(session, frame->goaway);
      break;
    default:
      break;
  }
  return 0;
}

void Http2Callbacks::remote_end(Http2Session& session, Http2Call& call) {
  auto status = call.outcome();
  // The server may answer before it has read everything; the rest is spared.
  if (call.body_sent_ < body_size(call.request_)) session.abandon(call, NGHTTP2_NO_ERROR);
  session.finish(call, std::move(status));
}

// Behind this nghttp2 closes the streams that the server has not taken, as REFUSED_STREAM.
void Http2Callbacks::going_away(Http2Session& session, const nghttp2_goaway& frame) {
  session.farewell_ = nghttp2_http2_strerror(frame.error_code);
  if (frame.opaque_data_len > 0)
    session.farewell_.append(": ").append(text(frame.opaque_data, frame.opaque_data_len));
  session.draining_ = true;
  session.end_queued("the server closes the connection (" + session.farewell_ + ")");
}

int Http2Callbacks::stream_closed(nghttp2_session*, std::int32_t stream, std::uint32_t error,
                                  void* user) {
  auto& session = session_of(user);
  --session.streams_;
  auto* call = session.find(stream);
  if (call == nullptr) return 0;
  RpcStatus status;
  status.code = code_of_http2_error(error);
  status.message = std::string("the server reset the stream: ") + nghttp2_http2_strerror(error);
  const bool refused = error == NGHTTP2_REFUSED_STREAM && call->http_status_ == 0;
  if (refused || Http2Session::unproduced(*call)) {
    status.code = RpcCode::unavailable;
    status.never_sent = true;
    if (!session.farewell_.empty())
      status.message = "the server closes the connection (" + session.farewell_ + ")";
  }
  session.finish(*call, std::move(status));
  return 0;
}

int Http2Callbacks::before_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  auto& session = session_of(user);
  if (frame->hd.type != NGHTTP2_HEADERS) return 0;
  if (auto* call = session.find(frame->hd.stream_id)) call->begins_at_ = session.produced_;
  return 0;
}

ssize_t Http2Callbacks::read_body(nghttp2_session*, std::int32_t stream, std::uint8_t*,
                                  std::size_t size, std::uint32_t* flags, nghttp2_data_source*,
                                  void* user) {
  const auto* call = session_of(user).find(stream);
  if (call == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  const auto left = body_size(call->request_) - call->body_sent_;
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;  // send_data() will
  if (left <= size) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(std::min(left, size));
}

int Http2Callbacks::send_data(nghttp2_session*, nghttp2_frame* frame,
                              const std::uint8_t* frame_header, std::size_t size,
                              nghttp2_data_source*, void* user) {
  auto& session = session_of(user);
  auto* call = session.find(frame->hd.stream_id);
  if (call == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  auto& out = *session.out_;
  if (out.size() >= session.enough_) return NGHTTP2_ERR_WOULDBLOCK;
  const auto before = out.size();
  out.append(text(frame_header, frame_header_size));
  const auto& message = call->request_.message;
  if (call->body_sent_ < grpc_prefix_size) {
    const auto prefix = grpc_prefix(message.size());
    const auto part = std::min(size, grpc_prefix_size - call->body_sent_);
    out.append(prefix.data() + call->body_sent_, part);
    call->body_sent_ += part;
    size -= part;
  }
  if (size > 0) {
    out.append(message, call->body_sent_ - grpc_prefix_size, size);
    call->body_sent_ += size;
  }
  session.produced_ += out.size() - before;
  return 0;
}

}  // namespace objectstore
