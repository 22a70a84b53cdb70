#include "auth/auth_failure.h"

namespace objectstore {

namespace {

std::string joined(std::string_view before, std::string_view what) {
  std::string text(before);
  return text.append(what);
}

}  // namespace

std::string_view to_string(AuthFailureKind kind) {
  switch (kind) {
    case AuthFailureKind::bad_request:
      return "bad_request";
    case AuthFailureKind::validation_failure:
      return "validation_failure";
    case AuthFailureKind::verification_failure:
      return "verification_failure";
    case AuthFailureKind::unknown_key:
      return "unknown_key";
    case AuthFailureKind::not_permitted:
      return "not_permitted";
    case AuthFailureKind::unsupported_presigned_method:
      return "unsupported_presigned_method";
    case AuthFailureKind::internal_error:
      return "internal_error";
  }
  return {};
}

AuthFailure bad_auth_request(std::string_view what) {
  return {AuthFailureKind::bad_request, {joined("bad request: ", what)}};
}

AuthFailure undecodable_token(std::string_view what) {
  return {AuthFailureKind::validation_failure,
          {joined("failed to decode token: ", what), std::string(what)}};
}

AuthFailure expired_token() {
  return undecodable_token("ExpiredSignature");
}

AuthFailure unknown_key() {
  return {AuthFailureKind::unknown_key, {"unknown key"}};
}

AuthFailure unverified_credential() {
  return {AuthFailureKind::verification_failure, {"failed to verify token"}};
}

AuthFailure unsupported_presigned_method() {
  return {AuthFailureKind::unsupported_presigned_method,
          {"presigned URLs are not supported for this method"}};
}

AuthFailure operation_not_allowed() {
  return {AuthFailureKind::not_permitted, {"operation not allowed"}};
}

}  // namespace objectstore
