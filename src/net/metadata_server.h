// Tokens of the service account that a machine or container of Google's runs as:
// https://cloud.google.com/compute/docs/metadata/overview
#pragma once

#include <memory>
#include <string>

#include "net/token_fetcher.h"

namespace objectstore {

// `address`: "http://169.254.169.254". The scope is the machine's. `why` says, in errors, why the
// metadata server is asked at all.
[[nodiscard]] std::unique_ptr<TokenFetcher> make_metadata_server(std::string address,
                                                                 std::string why, TokenParts parts);

}  // namespace objectstore
