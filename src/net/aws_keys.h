// What the sources of AWS credentials have in common.
#pragma once

#include <string>
#include <string_view>

#include "net/aws_credentials.h"

namespace objectstore {

// Keys that last until they are refused. `source` is for errors, which are invalid_argument: one is
// missing, or is nothing that a header can carry.
[[nodiscard]] Result<Expiring<AwsCredentials>> lasting_keys(AwsCredentials keys,
                                                            std::string_view source);

// Keys that a server gave until `expiration` (RFC 3339; empty: they last). Errors: unavailable,
// naming `server`.
[[nodiscard]] Result<Expiring<AwsCredentials>> temporary_keys(AwsCredentials keys,
                                                              std::string_view expiration,
                                                              std::string_view server,
                                                              const Clock& clock);

}  // namespace objectstore
