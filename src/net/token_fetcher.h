// Getting one access token, from wherever credentials come from.
#pragma once

#include <string>

#include "net/fresh_value.h"
#include "net/http_client.h"
#include "runtime/blocking_pool.h"
#include "runtime/clock.h"

namespace objectstore {

using AccessToken = Expiring<std::string>;  // visible ASCII; a secret
using TokenFetcher = Fetcher<std::string>;

// What fetchers work with; outlives them.
struct TokenParts {
  HttpClient& http;
  Clock& clock;
  BlockingPool& pool;
  Duration timeout = std::chrono::seconds(20);  // of each request
};

}  // namespace objectstore
