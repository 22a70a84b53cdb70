// Requests to an object store of the cloud: authorized anew for each attempt, and sent again as the
// stores' documents ask, within a deadline and a budget.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "cloud/request_counts.h"
#include "net/http_client.h"
#include "runtime/backoff.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/random.h"
#include "runtime/retry_budget.h"

namespace objectstore {

// Adds what proves who asks: a token, a signature. Any thread may call.
class RequestAuthorizer {
 public:
  virtual ~RequestAuthorizer() = default;
  // Before every attempt; `request` is complete but for this. Errors: as HttpClient::send().
  [[nodiscard]] virtual Task<Result<void>> authorize(HttpRequest& request) = 0;
  // Whether the store refused a request for its credentials, so that fresher ones may help.
  [[nodiscard]] virtual bool is_auth_failure(const HttpReply& reply) const {
    return reply.status == 401;
  }
  // After that: the next one is made from fresh credentials. False: there are none fresher, trying
  // again will not help.
  [[nodiscard]] virtual bool refresh() = 0;
};
// For stores that ask nobody: emulators, and stores without authentication.
class Anonymous final : public RequestAuthorizer {
 public:
  [[nodiscard]] Task<Result<void>> authorize(HttpRequest&) override { co_return Result<void>(); }
  [[nodiscard]] bool refresh() override { return false; }
};

// A body that can be sent more than once.
class RepeatableBody {
 public:
  virtual ~RepeatableBody() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // From the start. The stream may outlive this.
  [[nodiscard]] virtual std::unique_ptr<ByteStream> open() const = 0;
};

// Which failures allow another attempt. A request that never reached the store always does, and so
// do refusals of what was not begun with: 408, 429, a 503 that has the store's own code, S3's
// RequestTimeout, and credentials that can be refreshed, once.
enum class Repeat : std::uint8_t {
  // Also where the answer was lost, and 500, 502 and 504: the request does the same when it is
  // carried out twice.
  always,
  // Not where the request may have been carried out (behind a proxy's 502, 503 or 504, too): that
  // is the caller's to find out.
  if_not_carried_out,
};

struct StoreRequest {
  // Its deadlines are set by `timeout`. An HttpUpload of its own can be read only once, so that it
  // is sent again only where it never reached the store.
  HttpRequest http;
  const RepeatableBody* body = nullptr;  // instead of http.body; outlives the call
  Repeat repeat = Repeat::always;
  std::string action;                           // for logs and counters: "get", "put_part"
  Duration timeout = std::chrono::seconds(30);  // of all attempts together, up to the answer's head
  std::size_t max_body = 1 << 20;               // of the answer, where it is read whole; bytes
};

struct StoreRequestSettings {
  int attempts = 5;
  // A longer Retry-After in seconds, up to 30 of them, is kept to.
  BackoffSettings backoff;
  // Pays for the attempts beyond the first: a store that fails is not flooded.
  RetryBudget::Settings retry_budget{200, 5, 50};
  std::string user_agent = "sentry-objectstore/0.1.0";
};

// What has become of a request.
template <class Answer>
using StoreResult = HttpResult<Answer>;

// Any thread that `http` serves may call. Logs every attempt beyond the first.
class StoreRequests {
 public:
  // All of these outlive it.
  StoreRequests(HttpClient& http, RequestAuthorizer& authorizer, Clock& clock, Random& random,
                Logger& logger, StoreRequestSettings settings);

  // The whole answer, whatever its status, once no attempt is left. Failures name the action.
  [[nodiscard]] Task<StoreResult<HttpReply>> fetch(StoreRequest request);
  // The head of the answer; its body streams. Attempts end with the head: a body that breaks is the
  // caller's to go on with. The body of a refusal (status 300 and above) is here already, cut at
  // `max_body`.
  [[nodiscard]] Task<StoreResult<std::unique_ptr<HttpResponse>>> open(StoreRequest request);

  // By action, since the start.
  [[nodiscard]] std::map<std::string, RequestCounts> counts() const { return counts_.snapshot(); }

 private:
  class Call;

  HttpClient& http_;
  RequestAuthorizer& authorizer_;
  Clock& clock_;
  Random& random_;
  Logger& logger_;
  const StoreRequestSettings settings_;
  RetryBudget budget_;
  RequestCounters counts_;
};

}  // namespace objectstore
