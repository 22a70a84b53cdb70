// What nghttp2 tells an Http2Session, and asks of it. For http2_session.cc alone.
#pragma once

#include <cstdint>

#include "net/http2_session.h"

namespace objectstore {

struct Http2Callbacks {
  // Never null: it fails only where memory runs out.
  [[nodiscard]] static nghttp2_session* make_session(Http2Session& session);

  static ssize_t read_body(nghttp2_session*, std::int32_t stream, std::uint8_t* buffer,
                           std::size_t size, std::uint32_t* flags, nghttp2_data_source* source,
                           void* user);

 private:
  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int one_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                        std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                        std::uint8_t flags, void* user);
  static int data_chunk(nghttp2_session*, std::uint8_t flags, std::int32_t stream,
                        const std::uint8_t* data, std::size_t size, void* user);
  static int frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int stream_closed(nghttp2_session*, std::int32_t stream, std::uint32_t error, void* user);
  static int before_frame(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int send_data(nghttp2_session*, nghttp2_frame* frame, const std::uint8_t* frame_header,
                       std::size_t size, nghttp2_data_source* source, void* user);

  static void going_away(Http2Session& session, const nghttp2_goaway& frame);
  static void remote_end(Http2Session& session, Http2Call& call);
};

}  // namespace objectstore
