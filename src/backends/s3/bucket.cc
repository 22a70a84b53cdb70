#include "backends/s3/bucket.h"

#include <utility>

#include "backends/s3/errors.h"
#include "runtime/backoff.h"

namespace objectstore {

namespace {

constexpr int conflict_attempts = 5;

bool may_come_late(const StoreRequest& request) {
  return request.http.method == "PUT" || request.http.method == "POST";
}

bool is_worth_another(const HttpReply& reply, bool came_late, Repeat repeat) {
  if (is_passing_conflict(reply)) return true;
  const bool not_carried_out = reply.status == 503;
  return came_late && reply.status >= 500 && (not_carried_out || repeat == Repeat::always);
}

}  // namespace

S3Bucket::S3Bucket(S3Settings settings, S3Urls urls, const S3Environment& environment,
                   StoreRequestSettings requests)
    : settings_(std::move(settings)),
      urls_(std::move(urls)),
      environment_(environment),
      requests_(environment.http, environment.authorizer, environment.clock, environment.random,
                environment.logger, std::move(requests)) {}

StoreRequest S3Bucket::request(std::string method, std::string url, std::string action) const {
  StoreRequest request;
  request.http.method = std::move(method);
  request.http.url = std::move(url);
  request.action = std::move(action);
  return request;
}

Duration S3Bucket::transfer_timeout(std::uint64_t bytes) {
  constexpr std::uint64_t slowest = std::uint64_t{128} << 10;  // bytes a second
  return std::chrono::seconds(60) + std::chrono::seconds(bytes / slowest);
}

Task<Result<HttpReply>> S3Bucket::fetch(StoreRequest request) {
  Backoff backoff(BackoffSettings(), environment_.random);
  for (int attempt = 1;; ++attempt) {
    auto answer = co_await requests_.fetch(request);
    if (auto* failure = std::get_if<HttpFailure>(&answer)) {
      co_return std::move(failure->error).wrap("S3");
    }
    auto reply = std::get<HttpReply>(std::move(answer));
    const int status = reply.status;
    if (may_come_late(request)) reveal_late_refusal(reply);
    if (reply.status < 300) seen_ = true;
    const bool came_late = status != reply.status;
    if (attempt == conflict_attempts || !is_worth_another(reply, came_late, request.repeat)) {
      co_return std::move(reply);
    }
    const auto wait = backoff.next();
    co_await environment_.clock.sleep_for(wait);
  }
}

Task<Result<std::unique_ptr<HttpResponse>>> S3Bucket::open(StoreRequest request) {
  auto answer = co_await requests_.open(std::move(request));
  if (auto* failure = std::get_if<HttpFailure>(&answer)) {
    co_return std::move(failure->error).wrap("S3");
  }
  co_return std::get<std::unique_ptr<HttpResponse>>(std::move(answer));
}

Error S3Bucket::refusal(std::string_view action, const HttpReply& reply) const {
  return s3_refusal(settings_, action, reply, environment_.clock.now());
}

Task<Result<std::optional<S3Object>>> S3Bucket::head(std::string key) {
  auto asked = request("HEAD", urls_.object(key), "head");
  if (is_amazon() && settings_.checksums) {
    asked.http.headers.emplace_back("x-amz-checksum-mode", "ENABLED");
  }
  CO_TRY_ASSIGN(const auto reply, co_await fetch(std::move(asked)));
  if (reply.status == 404) {
    CO_TRY(co_await see_bucket());
    co_return std::optional<S3Object>();
  }
  if (reply.status != 200) co_return refusal("head", reply);
  auto object = read_object_headers(reply.headers, settings_.dialect);
  if (!object.ok()) co_return std::move(object).error().wrap("S3 object `" + key + "`");
  co_return std::optional<S3Object>(std::move(object).value());
}

Task<Result<void>> S3Bucket::see_bucket() {
  if (seen_ || !is_amazon()) co_return Result<void>();
  auto asked = request("HEAD", urls_.bucket({}), "head_bucket");
  CO_TRY_ASSIGN(const auto reply, co_await fetch(std::move(asked)));
  // Whoever may not ask for the bucket may have the object all the same.
  if (reply.status < 300 || reply.status == 403) {
    seen_ = true;
    co_return Result<void>();
  }
  if (reply.status == 404) {
    co_return Error(ErrorCode::io, "S3 has no bucket `" + settings_.bucket + "`");
  }
  co_return refusal("head_bucket", reply);
}

}  // namespace objectstore
