// One bucket, and what all requests to it have in common.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "backends/s3/object_headers.h"
#include "backends/s3/settings.h"
#include "backends/s3/urls.h"
#include "cloud/store_requests.h"
#include "runtime/blocking_pool.h"

namespace objectstore {

// What a store is made with; all of it outlives the store.
struct S3Environment {
  HttpClient& http;
  RequestAuthorizer& authorizer;
  BlockingPool& pool;
  Clock& clock;
  Random& random;
  Logger& logger;
};

// Any thread may call.
class S3Bucket {
 public:
  S3Bucket(S3Settings settings, S3Urls urls, const S3Environment& environment,
           StoreRequestSettings requests);

  [[nodiscard]] const S3Settings& settings() const { return settings_; }
  [[nodiscard]] bool is_amazon() const { return settings_.dialect == S3Dialect::amazon; }
  [[nodiscard]] const S3Urls& urls() const { return urls_; }
  [[nodiscard]] BlockingPool& pool() const { return environment_.pool; }
  [[nodiscard]] Clock& clock() const { return environment_.clock; }
  [[nodiscard]] Random& random() const { return environment_.random; }
  [[nodiscard]] Logger& logger() const { return environment_.logger; }

  // A request to be completed: no body, Repeat::always.
  [[nodiscard]] StoreRequest request(std::string method, std::string url, std::string action) const;
  // How long moving so many bytes may take.
  [[nodiscard]] static Duration transfer_timeout(std::uint64_t bytes);

  // The whole answer, whatever its status, with late refusals revealed and passing conflicts waited
  // out. Errors: no answer was had; the request may have been carried out.
  [[nodiscard]] Task<Result<HttpReply>> fetch(StoreRequest request);
  // The head of the answer, whatever its status.
  [[nodiscard]] Task<Result<std::unique_ptr<HttpResponse>>> open(StoreRequest request);

  [[nodiscard]] Error refusal(std::string_view action, const HttpReply& reply) const;

  [[nodiscard]] std::map<std::string, RequestCounts> request_counts() const {
    return requests_.counts();
  }

  // nullopt: no such object, in a bucket that is there.
  [[nodiscard]] Task<Result<std::optional<S3Object>>> head(std::string key);

 private:
  // HEAD is answered alike without the object and without its bucket.
  [[nodiscard]] Task<Result<void>> see_bucket();

  const S3Settings settings_;
  const S3Urls urls_;
  const S3Environment environment_;
  StoreRequests requests_;
  std::atomic<bool> seen_{false};
};

}  // namespace objectstore
