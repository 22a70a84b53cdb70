// URLs that carry a signature of themselves (contract auth.md, section 6).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/auth_failure.h"
#include "auth/credential.h"
#include "auth/key_directory.h"
#include "base/time.h"

namespace objectstore {

// What is signed (section 6.1), of a request line's own bytes.
[[nodiscard]] std::string canonical_request(std::string_view method, std::string_view path,
                                            std::string_view query);

// "2026-04-20T13:37:00Z": see os_timestamp. Years 1970 to 9999 in UTC.
[[nodiscard]] std::optional<WallTime> parse_signing_time(std::string text);

// All checks of section 6.2, in its order. nullopt: the URL may be read from.
[[nodiscard]] std::optional<AuthFailure> refuse_presigned_url(const PresentedCredential& shown,
                                                              const KeyRings& keys, WallTime now);

}  // namespace objectstore
