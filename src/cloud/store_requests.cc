#include "cloud/store_requests.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <variant>

#include "cloud/store_errors.h"

namespace objectstore {

namespace {

using namespace std::chrono_literals;

constexpr Duration longest_retry_after = 30s;

bool is_refusal(int status) {
  return status >= 300;
}

bool is_trouble(int status) {
  return status == 408 || status == 429 || status >= 500;
}

// Whether the store says that another attempt may go better.
bool is_passing(const HttpReply& reply, Repeat repeat) {
  switch (reply.status) {
    case 408:
    case 429:
      return true;
    case 503:
      return repeat == Repeat::always || !read_refusal(reply).code.empty();
    case 500:
    case 502:
    case 504:
      return repeat == Repeat::always;
    case 400:
      return read_refusal(reply).code == "RequestTimeout";
    default:
      return false;
  }
}

bool is_passing(const HttpFailure& failure, Repeat repeat) {
  const auto code = failure.error.code();
  if (code != ErrorCode::unavailable && code != ErrorCode::deadline_exceeded) return false;
  return failure.never_sent || repeat == Repeat::always;
}

Duration retry_after(const HttpHeaders& headers) {
  const auto value = find_header(headers, "retry-after");
  if (!value) return Duration();
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), seconds);
  if (end != value->data() + value->size() || error == std::errc::invalid_argument) return {};
  if (error == std::errc::result_out_of_range) return longest_retry_after;
  return std::min<Duration>(longest_retry_after, std::chrono::seconds(seconds));
}

// A refusal whose body has been read.
class ReadResponse final : public HttpResponse {
 public:
  explicit ReadResponse(HttpReply reply) : reply_(std::move(reply)) {}

  [[nodiscard]] int status() const override { return reply_.status; }
  [[nodiscard]] const HttpHeaders& headers() const override { return reply_.headers; }
  [[nodiscard]] Task<Result<std::string_view>> next() override {
    co_return std::exchange(rest_, std::string_view());
  }

 private:
  const HttpReply reply_;
  std::string_view rest_ = reply_.body;
};

// As much of it as comes: the status counts.
Task<HttpReply> read_refused(HttpResponse& response, std::size_t max_body) {
  HttpReply reply;
  reply.status = response.status();
  reply.headers = response.headers();
  while (reply.body.size() < max_body) {
    const auto piece = co_await response.next();
    if (!piece.ok() || piece->empty()) break;
    reply.body += piece->substr(0, max_body - reply.body.size());
  }
  co_return std::move(reply);
}

}  // namespace

// One call's attempts.
class StoreRequests::Call {
 public:
  enum class Scope : std::uint8_t { whole_answer, head };

  Call(StoreRequests& owner, StoreRequest request, Scope scope)
      : owner_(owner),
        request_(std::move(request)),
        scope_(scope),
        backoff_(owner.settings_.backoff, owner.random_),
        deadline_(owner.clock_.monotonic_now() + request_.timeout) {
    owner_.budget_.request_begun();
    count(&RequestCounts::calls);
  }

  // The next attempt, ready to be sent.
  [[nodiscard]] Task<HttpResult<HttpRequest>> prepare();

  // Whether to make another; the wait before it is over when this returns.
  [[nodiscard]] Task<bool> again(const StoreResult<HttpReply>& result);
  // The same result, told to the caller.
  [[nodiscard]] HttpFailure failed(HttpFailure failure) const;

  [[nodiscard]] std::size_t max_body() const { return request_.max_body; }

 private:
  // nullopt: none. The wait before it.
  [[nodiscard]] std::optional<Duration> wait_before_next(const StoreResult<HttpReply>& result);
  [[nodiscard]] bool can_be_sent_again(const StoreResult<HttpReply>& result) const;
  void count(std::uint64_t RequestCounts::*what) { owner_.counts_.add(request_.action, what); }
  void log(const StoreResult<HttpReply>& result, Duration wait) const;

  StoreRequests& owner_;
  StoreRequest request_;
  const Scope scope_;
  Backoff backoff_;
  const MonotonicTime deadline_;
  int attempts_ = 0;
  bool refreshed_ = false;
  std::unique_ptr<ByteStream> body_;  // of the attempt under way
};

Task<HttpResult<HttpRequest>> StoreRequests::Call::prepare() {
  ++attempts_;
  HttpRequest http = request_.http;
  http.head_deadline = deadline_;
  if (scope_ == Scope::whole_answer) http.deadline = deadline_;
  http.repeatable = request_.repeat == Repeat::always;
  http.headers.emplace_back("User-Agent", owner_.settings_.user_agent);
  if (request_.body != nullptr) {
    body_ = request_.body->open();
    http.body = HttpUpload{body_.get(), request_.body->size()};
  }
  auto authorized = co_await owner_.authorizer_.authorize(http);
  if (!authorized.ok()) co_return HttpFailure{std::move(authorized).error(), true};
  co_return std::move(http);
}

Task<bool> StoreRequests::Call::again(const StoreResult<HttpReply>& result) {
  const auto* reply = std::get_if<HttpReply>(&result);
  if (const auto wait = wait_before_next(result)) {
    log(result, *wait);
    count(&RequestCounts::retries);
    const auto until = owner_.clock_.monotonic_now() + *wait;
    co_await owner_.clock_.sleep_until(until);
    // Woken early: the process is shutting down.
    if (owner_.clock_.monotonic_now() >= until) co_return true;
  }
  if (reply == nullptr || is_trouble(reply->status)) count(&RequestCounts::failures);
  co_return false;
}

std::optional<Duration> StoreRequests::Call::wait_before_next(
    const StoreResult<HttpReply>& result) {
  if (attempts_ >= owner_.settings_.attempts || !can_be_sent_again(result)) return std::nullopt;
  Duration wait{};
  const auto* reply = std::get_if<HttpReply>(&result);
  if (reply != nullptr && owner_.authorizer_.is_auth_failure(*reply)) {
    if (std::exchange(refreshed_, true) || !owner_.authorizer_.refresh()) return std::nullopt;
  } else if (reply != nullptr) {
    if (!is_passing(*reply, request_.repeat)) return std::nullopt;
    wait = std::max(backoff_.next(), retry_after(reply->headers));
  } else {
    if (!is_passing(std::get<HttpFailure>(result), request_.repeat)) return std::nullopt;
    wait = backoff_.next();
  }
  if (owner_.clock_.monotonic_now() + wait >= deadline_) return std::nullopt;
  if (!owner_.budget_.take()) {
    count(&RequestCounts::budget_refusals);
    return std::nullopt;
  }
  return wait;
}

bool StoreRequests::Call::can_be_sent_again(const StoreResult<HttpReply>& result) const {
  const bool read_once =
      request_.body == nullptr && std::holds_alternative<HttpUpload>(request_.http.body);
  if (!read_once) return true;
  const auto* failure = std::get_if<HttpFailure>(&result);
  return failure != nullptr && failure->never_sent;
}

HttpFailure StoreRequests::Call::failed(HttpFailure failure) const {
  failure.error = std::move(failure.error).wrap("`" + request_.action + "` failed");
  return failure;
}

void StoreRequests::Call::log(const StoreResult<HttpReply>& result, Duration wait) const {
  const auto* reply = std::get_if<HttpReply>(&result);
  const auto wait_ms = std::chrono::duration_cast<std::chrono::milliseconds>(wait).count();
  owner_.logger_.warn(
      "a request to a store is made again",
      {{"action", request_.action},
       {"failure", reply != nullptr ? "status " + std::to_string(reply->status)
                                    : std::get<HttpFailure>(result).error.describe()},
       {"attempt", std::to_string(attempts_)},
       {"wait_ms", std::to_string(wait_ms)}});
}

StoreRequests::StoreRequests(HttpClient& http, RequestAuthorizer& authorizer, Clock& clock,
                             Random& random, Logger& logger, StoreRequestSettings settings)
    : http_(http),
      authorizer_(authorizer),
      clock_(clock),
      random_(random),
      logger_(logger),
      settings_(std::move(settings)),
      budget_(settings_.retry_budget, clock) {}

Task<StoreResult<HttpReply>> StoreRequests::fetch(StoreRequest request) {
  Call call(*this, std::move(request), Call::Scope::whole_answer);
  for (;;) {
    auto prepared = co_await call.prepare();
    StoreResult<HttpReply> result = HttpReply();
    if (auto* failure = std::get_if<HttpFailure>(&prepared)) {
      result = std::move(*failure);
    } else {
      auto http = std::get<HttpRequest>(std::move(prepared));
      result = co_await objectstore::fetch(http_, std::move(http), call.max_body());
    }
    const bool again = co_await call.again(result);
    if (again) continue;
    if (auto* failure = std::get_if<HttpFailure>(&result)) {
      co_return call.failed(std::move(*failure));
    }
    co_return std::move(result);
  }
}

Task<StoreResult<std::unique_ptr<HttpResponse>>> StoreRequests::open(StoreRequest request) {
  Call call(*this, std::move(request), Call::Scope::head);
  for (;;) {
    auto prepared = co_await call.prepare();
    StoreResult<HttpReply> refused = HttpReply();
    if (auto* failure = std::get_if<HttpFailure>(&prepared)) {
      refused = std::move(*failure);
    } else {
      auto http = std::get<HttpRequest>(std::move(prepared));
      auto sent = co_await http_.send(std::move(http));
      if (auto* unsent = std::get_if<HttpFailure>(&sent)) {
        refused = std::move(*unsent);
      } else {
        auto& response = std::get<std::unique_ptr<HttpResponse>>(sent);
        if (!is_refusal(response->status())) co_return std::move(response);
        refused = co_await read_refused(*response, call.max_body());
      }
    }
    const bool again = co_await call.again(refused);
    if (again) continue;
    if (auto* failure = std::get_if<HttpFailure>(&refused)) {
      co_return call.failed(std::move(*failure));
    }
    auto reply = std::get<HttpReply>(std::move(refused));
    std::unique_ptr<HttpResponse> response = std::make_unique<ReadResponse>(std::move(reply));
    co_return std::move(response);
  }
}

}  // namespace objectstore
