// The second part of a token, once its signature is known to be good (contract auth.md, section 3).
#pragma once

#include <memory>
#include <string_view>

#include "auth/access.h"
#include "auth/auth_failure.h"
#include "base/time.h"

namespace objectstore {

struct VerifiedToken {
  std::shared_ptr<const TokenGrant> grant;
  WallTime good_until;  // `exp` and the leeway; later the token is expired
};

// `payload`: as in the token, in base64url. The grant's permissions are within `max_permissions`.
[[nodiscard]] Authenticated<VerifiedToken> check_claims(std::string_view payload,
                                                        Permissions max_permissions, WallTime now);

}  // namespace objectstore
