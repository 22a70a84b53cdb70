// How a gRPC call ended, from what HTTP/2 tells of it.
//
// Sources: github.com/grpc/grpc doc/PROTOCOL-HTTP2.md, doc/http-grpc-status-mapping.md;
// google/rpc/status.proto, google/rpc/error_details.proto.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/rpc.h"

namespace objectstore {

// "14" -> unavailable; numbers gRPC doesn't know, and other texts: unknown.
[[nodiscard]] RpcCode parse_grpc_status(std::string_view text);

// For a response with this HTTP status that carries no grpc-status.
[[nodiscard]] RpcCode code_of_http_status(int http_status);

// For a stream that the server reset with this error code of HTTP/2.
[[nodiscard]] RpcCode code_of_http2_error(std::uint32_t error);

// What google.rpc.RetryInfo asks to wait. `details` is a grpc-status-details-bin header as on the
// wire: base64, padded or not, of a google.rpc.Status. nullopt: it has none, or can't be read.
[[nodiscard]] std::optional<Duration> retry_delay_of(std::string_view details);

// The value of grpc-timeout: at most 8 digits and a unit, never longer than `left` by more than one
// unit; at least "1n".
[[nodiscard]] std::string grpc_timeout(Duration left);

}  // namespace objectstore
