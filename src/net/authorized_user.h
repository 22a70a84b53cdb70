// Tokens for a person who ran `gcloud auth application-default login` ("type": "authorized_user"):
// the refresh grant of OAuth 2.0 (RFC 6749, section 6).
#pragma once

#include <memory>

#include "net/credentials_file.h"
#include "net/token_fetcher.h"

namespace objectstore {

// The scope is the one the person agreed to. Errors: invalid_argument.
[[nodiscard]] Result<std::unique_ptr<TokenFetcher>> make_authorized_user(
    const CredentialsFile& file, TokenParts parts);

}  // namespace objectstore
