// Calls to a gRPC service, as its clients here see them: unary and server-streaming ones.
//
// A call is sent at most once. Nothing below this interface repeats one, for the change protocol
// resolves unknown outcomes itself; RpcStatus::never_sent tells which calls may be sent again.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "runtime/task.h"

namespace objectstore {

// The codes of gRPC, by their numbers on the wire.
enum class RpcCode : std::uint8_t {
  ok = 0,
  cancelled = 1,
  unknown = 2,
  invalid_argument = 3,
  deadline_exceeded = 4,
  not_found = 5,
  already_exists = 6,
  permission_denied = 7,
  resource_exhausted = 8,
  failed_precondition = 9,
  aborted = 10,
  out_of_range = 11,
  unimplemented = 12,
  internal = 13,
  unavailable = 14,
  data_loss = 15,
  unauthenticated = 16,
};
// "UNAVAILABLE"
[[nodiscard]] std::string_view to_string(RpcCode code);

struct RpcStatus {
  RpcCode code = RpcCode::ok;
  std::string message;
  // The server has certainly not begun with the call and never will: it was not sent, or the server
  // said so (REFUSED_STREAM, or GOAWAY with a lower stream id).
  bool never_sent = false;
  // How long the server asks to wait before another try (google.rpc.RetryInfo).
  std::optional<Duration> retry_delay;

  [[nodiscard]] bool ok() const { return code == RpcCode::ok; }
};

// Names in lower case; values of names that end in "-bin" are base64 here as on the wire.
using RpcMetadata = std::vector<std::pair<std::string, std::string>>;

struct RpcRequest {
  std::string_view method;  // "/google.bigtable.v2.Bigtable/ReadRows"; a literal
  RpcMetadata metadata;     // on top of what the transport adds
  std::string message;      // serialised
  MonotonicTime deadline;   // then the call ends with deadline_exceeded, wherever it is
};

// A call under way. Used by one coroutine; dropping it cancels the call.
class RpcCall {
 public:
  virtual ~RpcCall() = default;

  // The next message of the response; nullopt: there is none any more, see status(). What is not
  // fetched holds the server back: at most a flow-control window is buffered.
  [[nodiscard]] virtual Task<std::optional<std::string>> next() = 0;

  // Valid after next() gave nullopt.
  [[nodiscard]] virtual const RpcStatus& status() const = 0;
  // Headers and trailers of the response, in that order; valid as status() is.
  [[nodiscard]] virtual const RpcMetadata& response_metadata() const = 0;
};

// Any thread may call; the call is used on the executor of the coroutine that started it.
class RpcTransport {
 public:
  virtual ~RpcTransport() = default;
  // Returns once the call has a connection, or has failed (then its status says so).
  [[nodiscard]] virtual Task<std::unique_ptr<RpcCall>> start(RpcRequest request) = 0;
};

struct RpcReply {
  RpcStatus status;
  std::string message;  // of an ok reply
  RpcMetadata metadata;
};
// A unary call from start to end. A reply that is ok but has no message, or several, is `internal`.
[[nodiscard]] Task<RpcReply> call_unary(RpcTransport& transport, RpcRequest request);

}  // namespace objectstore
