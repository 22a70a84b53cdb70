#include "cloud/store_requests.h"

#include <gtest/gtest.h>

#include <deque>

#include "net/http_client_test_support.h"
#include "runtime/task_scope.h"
#include "testing/recording_logger.h"
#include "testing/seeded_random.h"

namespace objectstore {
namespace {

using namespace std::chrono_literals;
using net_test::Ending;
using net_test::HttpServerAnswer;
using net_test::HttpServerRequest;
using net_test::ListSource;

class FakeAuthorizer final : public RequestAuthorizer {
 public:
  [[nodiscard]] Task<Result<void>> authorize(HttpRequest& request) override {
    ++calls;
    if (failing) co_return *failing;
    request.headers.emplace_back("Authorization", "Bearer secret-" + std::to_string(generation));
    co_return Result<void>();
  }
  [[nodiscard]] bool refresh() override {
    if (fresher) ++generation;
    return fresher;
  }

  int calls = 0;
  int generation = 1;
  bool fresher = false;
  std::optional<Error> failing;
};

class TextBody final : public RepeatableBody {
 public:
  explicit TextBody(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] std::uint64_t size() const override { return text_.size(); }
  [[nodiscard]] std::unique_ptr<ByteStream> open() const override {
    return std::make_unique<ListSource>(std::vector<std::string>(1, text_));
  }

 private:
  std::string text_;
};

class StoreRequestsTest : public net_test::HttpTest {
 protected:
  StoreRequestsTest() {
    settings.backoff = {100ms, 1s, 20};
    renew();
  }
  void renew() {
    requests =
        std::make_unique<StoreRequests>(*client, authorizer, retry_clock, random, logger, settings);
  }
  [[nodiscard]] HttpServerAnswer next_answer() {
    if (script.empty()) return answer;
    auto next = script.front();
    script.pop_front();
    return next;
  }
  [[nodiscard]] static HttpServerAnswer status(int code) {
    HttpServerAnswer said;
    said.status = code;
    return said;
  }
  [[nodiscard]] StoreRequest request(Repeat repeat = Repeat::always) const {
    StoreRequest wanted;
    wanted.http.method = "PUT";
    wanted.http.url = scripted.url("/bucket/key?X-Amz-Signature=hidden");
    wanted.repeat = repeat;
    wanted.action = "put_part";
    return wanted;
  }
  // Lets the time go by that is waited for between attempts.
  template <class T>
  [[nodiscard]] T finish(Task<T> task) {
    testing::Pumped<T> running(io, std::move(task));
    for (;;) {
      const auto stands = [&] { return running.ended() || retry_clock.sleepers() > 0; };
      EXPECT_TRUE(testing::pump_until(io, stands));
      if (running.ended()) return running.get();
      waits.push_back(*retry_clock.next_due() - retry_clock.monotonic_now());
      retry_clock.advance(waits.back());
    }
  }
  // The status, or 0 for a failure.
  int fetch(StoreRequest wanted) {
    result = finish(requests->fetch(std::move(wanted)));
    const auto* reply = std::get_if<HttpReply>(&result);
    return reply == nullptr ? 0 : reply->status;
  }
  int open(StoreRequest wanted) {
    opened = finish(requests->open(std::move(wanted)));
    const auto* response = std::get_if<std::unique_ptr<HttpResponse>>(&opened);
    return response == nullptr ? 0 : (*response)->status();
  }
  [[nodiscard]] std::string opened_body() {
    std::string body;
    for (;;) {
      const auto piece = testing::pump(io, std::get<std::unique_ptr<HttpResponse>>(opened)->next());
      if (!piece.ok()) return body + "(broken)";
      if (piece->empty()) return body;
      body += *piece;
    }
  }
  [[nodiscard]] const HttpFailure& failure() const { return std::get<HttpFailure>(result); }
  [[nodiscard]] RequestCounts counts() const { return requests->counts().at("put_part"); }

  // Of its own: the client's stands still, so that no request times out.
  testing::ManualClock retry_clock;
  testing::SeededRandom random;
  testing::RecordingLogger logger;
  FakeAuthorizer authorizer;
  std::deque<HttpServerAnswer> script;  // then `answer`
  net_test::HttpServer scripted{io.get_executor(),
                                [this](const HttpServerRequest&) { return next_answer(); }};
  StoreRequestSettings settings;
  std::unique_ptr<StoreRequests> requests;
  std::vector<Duration> waits;
  StoreResult<HttpReply> result = HttpReply();
  StoreResult<std::unique_ptr<HttpResponse>> opened = nullptr;
};

TEST_F(StoreRequestsTest, refusals_are_tried_again_by_status_and_mode) {
  const struct {
    int status;
    std::size_t always;
    std::size_t if_not_carried_out;
    std::string body;
  } cases[] = {
      {200, 1, 1, "fine"},
      {308, 1, 1, ""},
      {400, 1, 1, "<Error><Code>InvalidDigest</Code></Error>"},
      {400, 5, 5, "<Error><Code>RequestTimeout</Code></Error>"},
      {401, 1, 1, ""},
      {404, 1, 1, ""},
      {408, 5, 5, ""},
      {412, 1, 1, ""},
      {429, 5, 5, "slow down"},
      {500, 5, 1, ""},
      {501, 1, 1, ""},
      {502, 5, 1, "<html>"},
      {503, 5, 5, "<Error><Code>SlowDown</Code></Error>"},
      {503, 5, 1, "upstream connect error"},
      {504, 5, 1, ""},
      {507, 1, 1, ""},
  };
  for (const auto& c : cases) {
    answer = status(c.status);
    answer.body = c.body;
    for (const auto repeat : {Repeat::always, Repeat::if_not_carried_out}) {
      const auto wanted = repeat == Repeat::always ? c.always : c.if_not_carried_out;
      const auto before = scripted.requests().size();
      EXPECT_EQ(fetch(request(repeat)), c.status);
      EXPECT_EQ(scripted.requests().size() - before, wanted) << c.status;
      EXPECT_EQ(std::get<HttpReply>(result).body, c.body);
      EXPECT_EQ(open(request(repeat)), c.status);
      EXPECT_EQ(scripted.requests().size() - before, 2 * wanted) << c.status;
      EXPECT_EQ(opened_body(), c.body);
    }
    renew();  // with a full budget
  }
}

TEST_F(StoreRequestsTest, waits_grow_between_the_attempts_of_a_storm) {
  script = {status(503), status(429), status(503), status(429)};
  answer.body = "at last";
  EXPECT_EQ(fetch(request()), 200);
  EXPECT_EQ(std::get<HttpReply>(result).body, "at last");
  ASSERT_EQ(waits.size(), 4U);
  auto step = Duration(100ms);
  for (const auto wait : waits) {
    EXPECT_GE(wait, step / 2);
    EXPECT_LE(wait, step);
    step = std::min<Duration>(1s, 2 * step);
  }
  EXPECT_EQ(counts(), (RequestCounts{1, 4, 0, 0}));
  EXPECT_EQ(logger.count("action=put_part"), 4U);
  EXPECT_EQ(logger.count("status 503"), 2U);
  EXPECT_EQ(logger.count("attempt=4"), 1U);
}

TEST_F(StoreRequestsTest, a_storm_that_does_not_end_is_given_back_as_it_is) {
  answer = status(503);
  EXPECT_EQ(fetch(request()), 503);
  EXPECT_EQ(counts(), (RequestCounts{1, 4, 1, 0}));
}

TEST_F(StoreRequestsTest, retry_after_is_kept_to_within_limits) {
  const struct {
    std::string value;
    Duration least;
    Duration most;
  } cases[] = {
      {"7", 7s, 7s},    {"30", 30s, 30s},
      {"31", 30s, 30s}, {"99999999999999", 30s, 30s},
      {"0", 0s, 1s},    {"-5", 0s, 1s},
      {"soon", 0s, 1s}, {"5 apples", 0s, 1s},
      {"", 0s, 1s},     {"Fri, 07 Nov 2031 23:59:59 GMT", 0s, 1s},
  };
  for (const auto& [value, least, most] : cases) {
    waits.clear();
    script = {status(429)};
    script.front().headers = {{"Retry-After", value}};
    auto wanted = request();
    wanted.timeout = 2min;
    EXPECT_EQ(fetch(std::move(wanted)), 200);
    ASSERT_EQ(waits.size(), 1U) << value;
    EXPECT_GE(waits[0], least) << value;
    EXPECT_LE(waits[0], most) << value;
  }
}

TEST_F(StoreRequestsTest, a_wait_that_passes_the_deadline_is_not_begun) {
  answer = status(503);
  answer.headers = {{"Retry-After", "20"}};
  EXPECT_EQ(fetch(request()), 503);  // in 30 s
  EXPECT_EQ(scripted.requests().size(), 2U);
  EXPECT_EQ(waits.size(), 1U);
}

TEST_F(StoreRequestsTest, a_lost_answer_allows_another_attempt_only_where_it_does_the_same) {
  script = {status(200)};
  script.front().ending = Ending::no_answer;
  EXPECT_EQ(fetch(request(Repeat::always)), 200);
  EXPECT_EQ(scripted.requests().size(), 2U);

  script = {status(200)};
  script.front().ending = Ending::no_answer;
  EXPECT_EQ(fetch(request(Repeat::if_not_carried_out)), 0);
  EXPECT_EQ(scripted.requests().size(), 3U);
  EXPECT_FALSE(failure().never_sent);
  EXPECT_EQ(failure().error.code(), ErrorCode::unavailable);
  EXPECT_EQ(failure().error.message(), "`put_part` failed");
  EXPECT_EQ(counts(), (RequestCounts{2, 1, 1, 0}));
}

TEST_F(StoreRequestsTest, what_never_reached_the_store_is_tried_again_in_any_mode) {
  for (const auto repeat : {Repeat::always, Repeat::if_not_carried_out}) {
    auto wanted = request(repeat);
    {
      const net_test::HttpServer closed(
          io.get_executor(), [](const HttpServerRequest&) { return HttpServerAnswer(); });
      wanted.http.url = closed.url();
    }
    waits.clear();
    EXPECT_EQ(fetch(std::move(wanted)), 0);
    EXPECT_EQ(waits.size(), 4U);
    EXPECT_TRUE(failure().never_sent);
  }
}

TEST_F(StoreRequestsTest, a_truncated_body_spoils_a_whole_answer) {
  HttpServerAnswer cut;
  cut.body = "half";
  cut.announced_length = 8;
  cut.ending = Ending::cuts_body;
  answer.body = "complete";
  script = {cut};
  EXPECT_EQ(fetch(request(Repeat::always)), 200);
  EXPECT_EQ(std::get<HttpReply>(result).body, "complete");
  script = {cut};
  EXPECT_EQ(fetch(request(Repeat::if_not_carried_out)), 0);
  EXPECT_EQ(scripted.requests().size(), 3U);
  // The caller of open() goes on with it.
  script = {cut};
  EXPECT_EQ(open(request(Repeat::always)), 200);
  EXPECT_EQ(opened_body(), "half(broken)");
  // Of a refusal only the status counts.
  cut.status = 404;
  script = {cut};
  EXPECT_EQ(open(request(Repeat::always)), 404);
  EXPECT_EQ(opened_body(), "half");
}

TEST_F(StoreRequestsTest, an_answer_above_the_limit_is_a_failure_and_a_refusal_is_cut) {
  answer.body = "123456789";
  auto wanted = request();
  wanted.max_body = 8;
  EXPECT_EQ(fetch(std::move(wanted)), 0);
  EXPECT_EQ(failure().error.code(), ErrorCode::payload_too_large);
  answer.status = 403;
  auto opening = request();
  opening.max_body = 8;
  EXPECT_EQ(open(std::move(opening)), 403);
  EXPECT_EQ(opened_body(), "12345678");
}

TEST_F(StoreRequestsTest, a_silent_store_is_given_up_at_the_deadline) {
  answer.ending = Ending::silence;
  auto wanted = request(Repeat::always);
  wanted.timeout = 10s;
  wanted.http.stall_timeout.reset();
  testing::Pumped opening(io, requests->open(std::move(wanted)));
  ASSERT_TRUE(testing::pump_until(io, [&] { return scripted.requests().size() == 1; }));
  const auto go_on = [&](Duration duration) {
    retry_clock.advance(duration);
    testing::run_for(io, clock, duration);
  };
  go_on(10s - 1ms);
  EXPECT_FALSE(opening.ended());
  go_on(1ms);
  const auto ended = opening.get();
  ASSERT_TRUE(std::holds_alternative<HttpFailure>(ended));
  EXPECT_EQ(std::get<HttpFailure>(ended).error.code(), ErrorCode::deadline_exceeded);
  EXPECT_EQ(scripted.requests().size(), 1U);
}

TEST_F(StoreRequestsTest, the_body_of_an_opened_answer_may_take_longer) {
  answer.body = std::string(8 << 20, 'x');  // more than is on its way at a time
  auto wanted = request();
  wanted.timeout = 10s;
  wanted.http.stall_timeout.reset();
  EXPECT_EQ(open(std::move(wanted)), 200);
  testing::run_for(io, clock, 1h);
  EXPECT_EQ(opened_body().size(), answer.body.size());
}

TEST_F(StoreRequestsTest, the_budget_bounds_the_retries_of_all_calls) {
  settings.retry_budget = {0, 0, 6};
  renew();
  answer = status(503);
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(fetch(request()), 503);
  EXPECT_EQ(scripted.requests().size(), 16U);
  EXPECT_EQ(counts(), (RequestCounts{10, 6, 10, 9}));
}

TEST_F(StoreRequestsTest, refused_credentials_are_refreshed_once) {
  authorizer.fresher = true;
  script = {status(401)};
  EXPECT_EQ(fetch(request(Repeat::if_not_carried_out)), 200);
  ASSERT_EQ(scripted.requests().size(), 2U);
  EXPECT_EQ(scripted.requests()[0].header("authorization"), "Bearer secret-1");
  EXPECT_EQ(scripted.requests()[1].header("authorization"), "Bearer secret-2");
  EXPECT_TRUE(waits.empty());

  answer = status(401);
  EXPECT_EQ(fetch(request()), 401);
  EXPECT_EQ(scripted.requests().size(), 4U);
}

TEST_F(StoreRequestsTest, credentials_that_cannot_be_had) {
  authorizer.failing = Error(ErrorCode::unavailable, "token server down");
  EXPECT_EQ(fetch(request(Repeat::if_not_carried_out)), 0);
  EXPECT_TRUE(failure().never_sent);
  EXPECT_EQ(authorizer.calls, 5);
  authorizer.failing = Error(ErrorCode::invalid_argument, "no such key");
  EXPECT_EQ(fetch(request()), 0);
  EXPECT_EQ(authorizer.calls, 6);
  EXPECT_EQ(failure().error.describe(), "`put_part` failed: no such key");
  EXPECT_TRUE(scripted.requests().empty());
}

TEST_F(StoreRequestsTest, bodies_are_sent_anew_with_every_attempt) {
  const TextBody body("the same each time");
  script = {status(503), status(500)};
  auto wanted = request();
  wanted.body = &body;
  EXPECT_EQ(fetch(std::move(wanted)), 200);
  ASSERT_EQ(scripted.requests().size(), 3U);
  for (const auto& received : scripted.requests()) {
    EXPECT_EQ(received.body, "the same each time");
    EXPECT_EQ(received.header("content-length"), "18");
  }
  script = {status(503)};
  auto small = request();
  small.http.body = SharedBytes("small");
  EXPECT_EQ(fetch(std::move(small)), 200);
  EXPECT_EQ(scripted.requests().back().body, "small");
}

TEST_F(StoreRequestsTest, a_body_that_can_be_read_only_once_is_sent_only_once) {
  ListSource source({"once"});
  answer = status(503);
  auto wanted = request();
  wanted.http.body = HttpUpload{&source, 4};
  EXPECT_EQ(fetch(wanted), 503);
  EXPECT_EQ(scripted.requests().size(), 1U);
  // Nothing of it is read before there is a connection.
  authorizer.failing = Error(ErrorCode::unavailable, "not yet");
  EXPECT_EQ(fetch(wanted), 0);
  EXPECT_EQ(authorizer.calls, 1 + 5);
}

TEST_F(StoreRequestsTest, what_breaks_the_body_is_told_and_not_tried_again) {
  class Broken final : public RepeatableBody {
   public:
    [[nodiscard]] std::uint64_t size() const override { return 9; }
    [[nodiscard]] std::unique_ptr<ByteStream> open() const override {
      auto source = std::make_unique<ListSource>(std::vector<std::string>(1, "four"));
      source->failure = Error(ErrorCode::io, "the disk broke");
      return source;
    }
  } body;
  auto wanted = request();
  wanted.body = &body;
  EXPECT_EQ(fetch(std::move(wanted)), 0);
  EXPECT_EQ(failure().error.describe(), "`put_part` failed: the disk broke");
  EXPECT_TRUE(waits.empty());
}

TEST_F(StoreRequestsTest, nothing_secret_is_logged_or_told) {
  script = {status(503), status(401)};
  script.front().body = "hidden body";
  authorizer.fresher = true;
  answer.ending = Ending::no_answer;
  auto wanted = request();
  wanted.http.body = SharedBytes("hidden payload");
  EXPECT_EQ(fetch(std::move(wanted)), 0);
  auto shown = failure().error.describe();
  for (const auto& line : logger.lines())
    shown += line.message + line.fields;
  EXPECT_EQ(logger.lines().size(), 4U);
  for (const auto* secret : {"hidden", "secret-", "key"})
    EXPECT_EQ(shown.find(secret), std::string::npos) << shown;
}

TEST_F(StoreRequestsTest, the_user_agent_is_said_once) {
  EXPECT_EQ(fetch(request()), 200);
  std::size_t said = 0;
  for (const auto& [name, value] : scripted.requests().back().headers)
    said += name == "user-agent" && value == settings.user_agent;
  EXPECT_EQ(said, 1U);
}

TEST_F(StoreRequestsTest, a_wait_ends_with_the_process) {
  answer = status(503);
  TaskScope scope;
  bool ended = false;
  const auto call = [](StoreRequests& store, StoreRequest wanted, bool& done) -> Task<void> {
    const auto got = co_await store.fetch(std::move(wanted));
    done = std::get<HttpReply>(got).status == 503;
  };
  scope.spawn(io.get_executor(), call(*requests, request(), ended));
  ASSERT_TRUE(testing::pump_until(io, [&] { return retry_clock.sleepers() > 0; }));
  scope.request_stop();
  EXPECT_TRUE(testing::pump_until(io, [&] { return scope.running() == 0; }));
  EXPECT_TRUE(ended);
  EXPECT_EQ(scripted.requests().size(), 1U);
}

}  // namespace
}  // namespace objectstore
