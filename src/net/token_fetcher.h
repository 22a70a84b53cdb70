// Getting one access token, from wherever credentials come from.
#pragma once

#include <string>

#include "base/result.h"
#include "base/time.h"
#include "net/http_client.h"
#include "runtime/blocking_pool.h"
#include "runtime/clock.h"
#include "runtime/task.h"

namespace objectstore {

struct AccessToken {
  std::string value;  // visible ASCII; a secret
  Duration lifetime;  // from the moment of its arrival; above zero
};

// Used on the executor of its HTTP client, one call at a time.
class TokenFetcher {
 public:
  virtual ~TokenFetcher() = default;

  // Asks for a new token, bounded in time. Errors: unavailable or deadline_exceeded (trying again
  // may help), others (the credentials are wrong). None holds a secret.
  [[nodiscard]] virtual Task<Result<AccessToken>> fetch() = 0;

  // Whose credentials these are, for people and logs: no secret.
  [[nodiscard]] virtual std::string describe() const = 0;
};

// What fetchers work with; outlives them.
struct TokenParts {
  HttpClient& http;
  Clock& clock;
  BlockingPool& pool;
  Duration timeout = std::chrono::seconds(20);  // of each request
};

}  // namespace objectstore
