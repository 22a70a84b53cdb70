// One gRPC call as a stream of an Http2Session.
#pragma once

#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/alarms.h"
#include "net/grpc_message.h"
#include "net/rpc.h"
#include "net/suspension.h"

namespace objectstore {

class Http2Session;

// Belongs to its caller; the session knows it until it has ended. All on the session's executor.
class Http2Call final : public RpcCall, private Alarm {
 public:
  Http2Call(std::shared_ptr<Http2Session> session, RpcRequest request,
            std::shared_ptr<const std::string> authorization, std::size_t max_message);
  ~Http2Call() override;

  [[nodiscard]] Task<std::optional<std::string>> next() override;
  [[nodiscard]] const RpcStatus& status() const override { return status_; }
  [[nodiscard]] const RpcMetadata& response_metadata() const override { return metadata_; }

 private:
  friend class Http2Session;
  friend struct Http2Callbacks;
  using Hook = boost::intrusive::list_member_hook<
      boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

  // What the session hears of the stream. A status: the call ends with it, whatever follows.
  void on_headers_begin();
  [[nodiscard]] std::optional<RpcStatus> on_header(std::string_view name, std::string_view value);
  [[nodiscard]] std::optional<RpcStatus> on_data(std::string_view bytes);
  // The server has said everything.
  [[nodiscard]] RpcStatus outcome() const;

  void ring() override;  // the deadline
  // Lets the server send as much as was fetched; `all`: as much as was received.
  void open_window(bool all);
  [[nodiscard]] bool wants_resumption() const {
    return waiting_.waiting() && (session_ == nullptr || !messages_.empty());
  }

  std::shared_ptr<Http2Session> session_;  // null once the call has ended
  RpcRequest request_;
  std::shared_ptr<const std::string> authorization_;  // null: none
  std::string timeout_;                               // the value of grpc-timeout
  std::int32_t stream_ = 0;                           // 0: not given to nghttp2 yet
  // Where in the bytes produced by the session the call begins.
  std::optional<std::uint64_t> begins_at_;
  std::size_t body_sent_ = 0;  // of prefix and message

  int http_status_ = 0;
  bool is_grpc_ = false;  // by its content-type
  bool in_trailers_ = false;
  std::size_t header_bytes_ = 0;
  std::optional<RpcCode> grpc_status_;
  std::string grpc_message_;
  std::optional<Duration> retry_delay_;
  RpcMetadata metadata_;
  GrpcMessageReader messages_;
  std::size_t unreturned_ = 0;  // bytes received that the stream's window still lacks

  RpcStatus status_;
  Suspension waiting_;
  Hook attached_;  // queued or open
  Hook ready_;     // to be resumed
};

}  // namespace objectstore
