// Tokens for a workload that another party vouches for ("type": "external_account"): the token in a
// file is exchanged at Google's STS (RFC 8693), then perhaps for one of a service account.
// https://google.aip.dev/auth/4117
#pragma once

#include <memory>
#include <string>

#include "net/credentials_file.h"
#include "net/token_fetcher.h"

namespace objectstore {

// Subject tokens come from files only, read anew for each access token; other sources are
// unsupported. `scope`: URLs separated by spaces. Errors: invalid_argument, unsupported.
[[nodiscard]] Result<std::unique_ptr<TokenFetcher>> make_external_account(
    const CredentialsFile& file, std::string scope, TokenParts parts);

}  // namespace objectstore
