// Tokens: JWT in compact serialization, signed with Ed25519 (RFC 7519, RFC 8037; contract auth.md,
// section 3).
#pragma once

#include <cstddef>
#include <string_view>

#include "auth/auth_failure.h"
#include "auth/jwt_claims.h"
#include "auth/key_directory.h"
#include "base/time.h"

namespace objectstore {

// Longer ones are not looked at.
inline constexpr std::size_t max_token_bytes = 16384;

// All checks of section 3 from "three parts" on, in its order. Costs a signature's verification for
// each version of the key.
[[nodiscard]] Authenticated<VerifiedToken> verify_token(std::string_view token,
                                                        const KeyRings& keys, WallTime now);

}  // namespace objectstore
