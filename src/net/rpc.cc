#include "net/rpc.h"

namespace objectstore {

std::string_view to_string(RpcCode code) {
  static constexpr std::string_view names[] = {
      "OK",
      "CANCELLED",
      "UNKNOWN",
      "INVALID_ARGUMENT",
      "DEADLINE_EXCEEDED",
      "NOT_FOUND",
      "ALREADY_EXISTS",
      "PERMISSION_DENIED",
      "RESOURCE_EXHAUSTED",
      "FAILED_PRECONDITION",
      "ABORTED",
      "OUT_OF_RANGE",
      "UNIMPLEMENTED",
      "INTERNAL",
      "UNAVAILABLE",
      "DATA_LOSS",
      "UNAUTHENTICATED",
  };
  return names[static_cast<std::size_t>(code)];
}

Task<RpcReply> call_unary(RpcTransport& transport, RpcRequest request) {
  RpcReply reply;
  auto call = co_await transport.start(std::move(request));
  auto message = co_await call->next();
  if (message) {
    const auto second = co_await call->next();
    if (second) {
      reply.status.code = RpcCode::internal;
      reply.status.message = "the server sent several messages where one was due";
      co_return reply;
    }
    reply.message = std::move(*message);
  }
  reply.status = call->status();
  reply.metadata = call->response_metadata();
  if (reply.status.ok() && !message) {
    reply.status.code = RpcCode::internal;
    reply.status.message = "the server sent no message where one was due";
  }
  co_return reply;
}

}  // namespace objectstore
