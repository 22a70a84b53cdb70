// Tokens for a service account whose private key is in a file ("type": "service_account").
//
// JWT bearer grant (RFC 7523) at the file's token_uri:
// https://developers.google.com/identity/protocols/oauth2/service-account#httprest
#pragma once

#include <memory>
#include <string>

#include "net/credentials_file.h"
#include "net/token_fetcher.h"

namespace objectstore {

// `scope`: URLs separated by spaces. Errors: invalid_argument.
[[nodiscard]] Result<std::unique_ptr<TokenFetcher>> make_service_account(
    const CredentialsFile& file, std::string scope, TokenParts parts);

}  // namespace objectstore
