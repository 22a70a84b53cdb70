// One request on its way through its endpoint, and what endpoints have in common.
#pragma once

#include "http/request_checks.h"
#include "http/request_parser.h"
#include "http/response.h"
#include "http/service_parts.h"
#include "runtime/byte_stream.h"

namespace objectstore {

// All of it outlives the endpoint's task.
struct Call {
  const RequestHead& head;
  AdmittedRequest& request;
  ServiceParts& parts;
  ByteStream& body;
  Response& response;
};

// Logs the whole error that a client is answered with.
void log_failure(const Error& error, unsigned status, const ObjectId& id,
                 std::string_view request_id, Logger& logger);

// Logs the whole error, fills the response with what a client may see of it.
void fail(const Error& error, Call& call);

// False: the credential does not allow it, the response says so.
[[nodiscard]] bool check_permission(Permission permission, Call& call);

// The metadata of an object to be stored, from the headers, allowed by the usecase's policy.
// Nullopt: the response says what is wrong.
[[nodiscard]] std::optional<Metadata> read_metadata(Call& call);

// {"key":"…" and no closing brace.
[[nodiscard]] std::string json_with_key(std::string_view key);

}  // namespace objectstore
