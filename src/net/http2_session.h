// gRPC calls over one HTTP/2 connection, apart from its socket: bytes go in and come out in memory.
//
// Source: github.com/grpc/grpc doc/PROTOCOL-HTTP2.md. HTTP/2 itself is nghttp2's.
#pragma once

#include <nghttp2/nghttp2.h>

#include <atomic>
#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/alarms.h"
#include "net/http2_call.h"
#include "net/rpc.h"

namespace objectstore {

struct Http2Limits {
  // What the server may send of one call before it is fetched. A message that the caller waits for
  // may be longer.
  std::uint32_t stream_window = 1 << 20;
  std::uint32_t connection_window = 8 << 20;
  std::size_t max_message = 64 << 20;
  // Calls that wait until the server's limit of concurrent streams has room.
  std::size_t max_queued_calls = 4096;
};

struct Http2SessionSettings {
  std::string scheme = "http";
  std::string authority;
  std::string user_agent;
  RpcMetadata metadata;  // added to every call
  Http2Limits limits;
};

// Lives on one executor with one thread. `load` counts the calls under way, for others to read.
class Http2Session final : public std::enable_shared_from_this<Http2Session> {
 public:
  // `wants_to_write` is called when there may be something to produce() outside of receive().
  Http2Session(Http2SessionSettings settings, Alarms& alarms,
               std::shared_ptr<std::atomic<std::size_t>> load,
               std::function<void()> wants_to_write);
  ~Http2Session();
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  // `authorization` null: none. Precondition: takes_calls(). The call may have failed already.
  [[nodiscard]] std::unique_ptr<RpcCall> start(RpcRequest request,
                                               std::shared_ptr<const std::string> authorization);

  [[nodiscard]] bool takes_calls() const { return !draining_ && !ended_; }
  // Takes no more calls; what is under way goes on.
  void drain() { draining_ = true; }
  // Drained, with nothing left to do.
  [[nodiscard]] bool finished() const;
  [[nodiscard]] bool has_calls() const { return calls_ > 0; }
  // The server's SETTINGS have come: it speaks HTTP/2.
  [[nodiscard]] bool greeted() const { return greeted_; }
  // What the server gave as the reason for going away; empty: nothing.
  [[nodiscard]] const std::string& farewell() const { return farewell_; }

  // Takes bytes from the server; a text: they break the protocol.
  [[nodiscard]] std::optional<std::string> receive(std::string_view bytes);
  // Appends what is to be sent, until `out` has about `enough` bytes.
  [[nodiscard]] std::optional<std::string> produce(std::string& out, std::size_t enough);
  [[nodiscard]] std::uint64_t produced() const { return produced_; }
  void ping();
  // Lets the coroutines go on that wait for what has come.
  void resume_ready();

  // Ends all calls. Those that begin at or behind byte `handed_over` of what was produced have
  // never been sent.
  void end(const RpcStatus& status, std::uint64_t handed_over);

 private:
  friend class Http2Call;
  friend struct Http2Callbacks;
  using Attached = boost::intrusive::list<
      Http2Call, boost::intrusive::member_hook<Http2Call, Http2Call::Hook, &Http2Call::attached_>,
      boost::intrusive::constant_time_size<false>>;
  using Ready = boost::intrusive::list<
      Http2Call, boost::intrusive::member_hook<Http2Call, Http2Call::Hook, &Http2Call::ready_>,
      boost::intrusive::constant_time_size<false>>;

  // For calls: dropped by its caller, past its deadline, fetched.
  void drop(Http2Call& call);
  void expire(Http2Call& call);
  void consume(Http2Call& call, std::size_t bytes);

  void build_common_headers();
  [[nodiscard]] bool may_submit() const;
  [[nodiscard]] std::optional<std::string> submit_next();
  [[nodiscard]] Http2Call* find(std::int32_t stream) const;
  void note_ready(Http2Call& call);
  void finish(Http2Call& call, RpcStatus status);
  // Ends a call that the server has not ended.
  void abandon(Http2Call& call, std::uint32_t error);
  // Whether not a byte of it has been produced, so that none ever will be once abandoned.
  [[nodiscard]] static bool unproduced(const Http2Call& call) { return !call.begins_at_; }
  void detach(Http2Call& call);
  void end_queued(const std::string& why);

  Http2SessionSettings settings_;
  Alarms& alarms_;
  std::shared_ptr<std::atomic<std::size_t>> load_;
  std::function<void()> wants_to_write_;
  nghttp2_session* session_ = nullptr;
  std::vector<nghttp2_nv> headers_;  // those of all calls first, from them on reused by each

  Attached queued_;
  Attached open_;
  Ready ready_;
  std::size_t queued_count_ = 0;
  std::size_t calls_ = 0;    // queued and open
  std::size_t streams_ = 0;  // as the server counts them: cancelled ones until that is produced
  std::uint64_t produced_ = 0;
  std::string* out_ = nullptr;  // while producing, up to about enough_ bytes
  std::size_t enough_ = 0;
  std::string farewell_;
  bool greeted_ = false;
  bool draining_ = false;
  bool ended_ = false;
};

}  // namespace objectstore
