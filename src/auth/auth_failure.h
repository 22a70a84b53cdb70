// Why a credential is refused or an operation denied, as a client is told (contract auth.md,
// sections 3, 4 and 6.2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace objectstore {

enum class AuthFailureKind : std::uint8_t {
  bad_request,                   // 400
  validation_failure,            // 401
  verification_failure,          // 401
  unknown_key,                   // 401
  not_permitted,                 // 403
  unsupported_presigned_method,  // 403
  internal_error,                // 500
};
inline constexpr AuthFailureKind all_auth_failure_kinds[] = {
    AuthFailureKind::bad_request,          AuthFailureKind::validation_failure,
    AuthFailureKind::verification_failure, AuthFailureKind::unknown_key,
    AuthFailureKind::not_permitted,        AuthFailureKind::unsupported_presigned_method,
    AuthFailureKind::internal_error};
// The tag `code` of server.auth.failure: "bad_request", …
[[nodiscard]] std::string_view to_string(AuthFailureKind kind);

// What a client is told: detail is "auth error: " + causes[0]. Made of fixed texts, so it may be
// logged: nothing of the credential is in it.
struct AuthFailure {
  AuthFailureKind kind;
  std::vector<std::string> causes;  // not empty; outermost first
  bool operator==(const AuthFailure&) const = default;
};

// A value, or why there is none.
template <class T>
using Authenticated = std::variant<T, AuthFailure>;

// "bad request: " + what.
[[nodiscard]] AuthFailure bad_auth_request(std::string_view what);
// "failed to decode token: " + what, what.
[[nodiscard]] AuthFailure undecodable_token(std::string_view what);
[[nodiscard]] AuthFailure expired_token();
[[nodiscard]] AuthFailure unknown_key();
// A signature that no version of the key made, or a signed URL out of its time.
[[nodiscard]] AuthFailure unverified_credential();
[[nodiscard]] AuthFailure unsupported_presigned_method();
[[nodiscard]] AuthFailure operation_not_allowed();

}  // namespace objectstore
