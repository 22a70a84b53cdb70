#include "net/aws_keys.h"

#include <utility>

#include "net/rfc3339.h"
#include "net/token_server.h"

namespace objectstore {

namespace {

constexpr Duration no_end = std::chrono::hours(10 * 365 * 24);

Result<void> check(const AwsCredentials& keys, ErrorCode code, std::string_view source) {
  const auto bad = [&](std::string_view what) {
    return Error(code, std::string(source).append(": ").append(what));
  };
  if (keys.access_key_id.empty()) return bad("an access key id is missing");
  if (keys.secret_access_key.empty()) return bad("a secret access key is missing");
  if (!is_token_text(keys.access_key_id)) return bad("the access key id is none");
  if (!is_token_text(keys.secret_access_key)) return bad("the secret access key is none");
  if (!keys.session_token.empty() && !is_token_text(keys.session_token)) {
    return bad("the session token is none");
  }
  return {};
}

}  // namespace

Result<Expiring<AwsCredentials>> lasting_keys(AwsCredentials keys, std::string_view source) {
  TRY(check(keys, ErrorCode::invalid_argument, source));
  return Expiring<AwsCredentials>{std::move(keys), no_end};
}

Result<Expiring<AwsCredentials>> temporary_keys(AwsCredentials keys, std::string_view expiration,
                                                std::string_view server, const Clock& clock) {
  TRY(check(keys, ErrorCode::unavailable, server));
  if (expiration.empty()) return Expiring<AwsCredentials>{std::move(keys), no_end};
  const auto bad = [&](std::string_view what) {
    return Error(ErrorCode::unavailable, std::string(server).append(": ").append(what));
  };
  const auto end = parse_rfc3339(expiration);
  if (!end) return bad("the time of expiration is none");
  const Duration lifetime = *end - clock.now();
  if (lifetime <= Duration()) {
    return bad("the keys have expired already; is this machine's clock right?");
  }
  return Expiring<AwsCredentials>{std::move(keys), std::min(lifetime, no_end)};
}

}  // namespace objectstore
