#include "http/call.h"

#include <utility>

#include "http/errors.h"
#include "http/json.h"
#include "model/metadata_headers.h"

namespace objectstore {

namespace {

LogLevel level_of(unsigned status) {
  if (status < 500) return status == 429 ? LogLevel::warn : LogLevel::debug;
  if (status == 501) return LogLevel::debug;
  return status == 503 ? LogLevel::warn : LogLevel::error;
}

}  // namespace

void log_failure(const Error& error, unsigned status, const ObjectId& id,
                 std::string_view request_id, Logger& logger) {
  const auto level = level_of(status);
  if (!logger.enabled(level)) return;
  logger.write(level, "request failed",
               {{"status", std::to_string(status)},
                {"code", std::string(to_string(error.code()))},
                {"error", error.describe()},
                {"object", id.storage_path()},
                {"request_id", std::string(request_id)}});
}

void fail(const Error& error, Call& call) {
  answer(client_error(error), call.response);
  log_failure(error, call.response.status, call.request.id, call.response.request_id,
              call.parts.logger);
}

bool check_permission(Permission permission, Call& call) {
  const auto& request = call.request;
  if (call.parts.authenticator.permits(request.access, permission, request.id,
                                       call.response.request_id)) {
    return true;
  }
  answer(client_error(operation_not_allowed()), call.response);
  return false;
}

std::optional<Metadata> read_metadata(Call& call) {
  auto metadata = metadata_from_headers(call.head.headers);
  if (!metadata.ok()) {
    fail(metadata.error(), call);
    return std::nullopt;
  }
  const auto allowed = call.parts.policies.check(call.request.id.usecase, metadata->expiration);
  if (!allowed.ok()) {
    fail(allowed.error(), call);
    return std::nullopt;
  }
  return *std::move(metadata);
}

std::string json_with_key(std::string_view key) {
  std::string json = "{\"key\":";
  append_json_string(json, key);
  return json;
}

}  // namespace objectstore
