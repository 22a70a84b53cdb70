// Bodies larger than memory should hold: back-pressure in both directions, early answers, dropping.
#include "net/http_client_test_support.h"

namespace objectstore::net_test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t mebibyte = 1 << 20;
// What the kernel and both sides may buffer on loopback; far below `large`.
constexpr std::size_t in_between = 24 * mebibyte;
constexpr std::size_t large = 64 * mebibyte;

class CurlStreamingTest : public HttpTest {
 protected:
  [[nodiscard]] std::unique_ptr<HttpResponse> open(HttpRequest request) {
    auto result = testing::pump(io, client->send(std::move(request)));
    if (const auto* failure = std::get_if<HttpFailure>(&result)) {
      ADD_FAILURE() << failure->error.describe();
      return nullptr;
    }
    return std::get<0>(std::move(result));
  }
  // Until nothing moves any more.
  template <class Measure>
  std::size_t settled(Measure measure) {
    for (auto before = measure();;) {
      for (int i = 0; i < 5; ++i)
        testing::settle(io);
      const auto now = measure();
      if (now == before) return now;
      before = now;
    }
  }
};

// Yields `size` bytes of a pattern, 64 KiB at a time.
class LargeSource final : public ByteStream {
 public:
  explicit LargeSource(std::size_t size) : left_(size) {}
  [[nodiscard]] Task<Result<std::string_view>> next() override {
    const auto size = std::min(left_, block_.size());
    left_ -= size;
    pulled += size;
    co_return std::string_view(block_).substr(0, size);
  }
  std::size_t pulled = 0;

 private:
  std::size_t left_;
  std::string block_ = std::string(64 << 10, 'u');
};

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>(i * 31 + i / 251);
  return text;
}

Task<Result<std::string>> read_all(HttpResponse& response) {
  std::string all;
  for (;;) {
    CO_TRY_ASSIGN(const auto piece, co_await response.next());
    if (piece.empty()) break;
    all += piece;
  }
  CO_TRY_ASSIGN(const auto end, co_await response.next());
  EXPECT_TRUE(end.empty());
  co_return all;
}

TEST_F(CurlStreamingTest, a_response_that_nobody_reads_holds_the_server_back) {
  for (const bool chunked : {false, true}) {
    answer.chunked = chunked;
    answer.body = pattern(large);
    const auto before = server.bytes_written();
    auto response = open(request_to(server.url()));
    const auto written = settled([this] { return server.bytes_written(); }) - before;
    EXPECT_LT(written, in_between);
    const auto all = testing::pump(io, read_all(*response));
    ASSERT_TRUE(all.ok());
    EXPECT_TRUE(*all == answer.body);
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(CurlStreamingTest, a_server_that_does_not_read_holds_the_upload_back) {
  auto proceed = std::make_shared<Event>();
  server.answer_heads([&](const HttpServerRequest&) {
    HttpServerAnswer silent;
    silent.after = proceed;
    silent.status = 500;
    return silent;
  });
  LargeSource source(large);
  auto request = request_to(server.url(), "PUT");
  request.body = HttpUpload{&source, large};
  testing::Pumped sending(io, client->send(std::move(request)));
  EXPECT_LT(settled([&] { return source.pulled; }), in_between);
  EXPECT_GT(source.pulled, 0U);
  proceed->set();
  const auto result = sending.get();
  EXPECT_EQ(std::get<0>(result)->status(), 500);
}

TEST_F(CurlStreamingTest, a_large_upload_arrives_whole) {
  LargeSource source(large);
  auto request = request_to(server.url(), "PUT");
  request.body = HttpUpload{&source, std::nullopt};
  EXPECT_EQ(reply_to(std::move(request)).status, 200);
  EXPECT_EQ(server.requests().back().body.size(), large);
}

TEST_F(CurlStreamingTest, a_refusal_before_the_end_of_the_upload_is_an_answer) {
  for (const auto ending : {Ending::complete, Ending::closes}) {
    server.answer_heads([&](const HttpServerRequest& head) {
      std::optional<HttpServerAnswer> refusal;
      if (head.method != "PUT") return refusal;
      refusal.emplace();
      refusal->status = 403;
      refusal->body = "no";
      refusal->ending = ending;
      return refusal;
    });
    // The source has no more for now, and the rest would come only after the refusal.
    Event gate;
    ListSource source({"abc", "def"});
    source.gate = &gate;
    auto request = request_to(server.url(), "PUT");
    request.body = HttpUpload{&source, std::nullopt};
    testing::Pumped sending(io, fetch(*client, std::move(request), 10));
    testing::settle(io);
    EXPECT_FALSE(sending.ended());  // the source is under way
    gate.set();
    const auto result = sending.get();
    ASSERT_TRUE(std::holds_alternative<HttpReply>(result))
        << std::get<HttpFailure>(result).error.describe();
    EXPECT_EQ(std::get<HttpReply>(result).status, 403);
    EXPECT_EQ(std::get<HttpReply>(result).body, "no");
    EXPECT_LE(source.pulled(), 1U);
    const auto before = server.connections();
    EXPECT_EQ(reply_to(request_to(server.url())).status, 200);
    EXPECT_EQ(server.connections(), before + 1);  // the other one is in the midst of a body
  }
}

TEST_F(CurlStreamingTest, success_before_the_end_of_the_upload_is_none) {
  server.answer_heads([](const HttpServerRequest&) { return HttpServerAnswer(); });
  LargeSource source(large);
  auto request = request_to(server.url(), "PUT");
  request.body = HttpUpload{&source, large};
  const auto failure = failure_of(std::move(request));
  EXPECT_EQ(failure.error.code(), ErrorCode::unavailable);
  EXPECT_FALSE(failure.never_sent);
}

TEST_F(CurlStreamingTest, what_came_before_a_cut_is_handed_out_first) {
  answer.body = pattern(100'000);
  answer.announced_length = 200'000;
  answer.ending = Ending::cuts_body;
  auto response = open(request_to(server.url()));
  testing::settle(io);
  std::size_t size = 0;
  std::optional<Error> error;
  while (!error) {
    const auto piece = testing::pump(io, response->next());
    if (piece.ok()) {
      ASSERT_FALSE(piece->empty());
      size += piece->size();
    } else {
      error = piece.error();
    }
  }
  EXPECT_EQ(size, 100'000U);
  EXPECT_EQ(error->code(), ErrorCode::unavailable);
}

TEST_F(CurlStreamingTest, dropping_a_response_ends_it) {
  answer.body = pattern(large);
  auto response = open(request_to(server.url()));
  EXPECT_EQ(server.open_connections(), 1U);
  response.reset();
  EXPECT_TRUE(testing::pump_until(io, [this] { return server.open_connections() == 0; }));
}

TEST_F(CurlStreamingTest, a_response_outlives_its_client) {
  answer.body = pattern(large);
  auto response = open(request_to(server.url()));
  client.reset();
  auto result = testing::pump(io, read_all(*response));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::cancelled);
}

TEST_F(CurlStreamingTest, a_slow_reader_is_no_stall_of_the_server) {
  answer.body = pattern(large);
  auto request = request_to(server.url());
  request.stall_timeout = 10s;
  auto response = open(std::move(request));
  for (int i = 0; i < 5; ++i) {
    testing::settle(io);
    clock.advance(9s);
  }
  EXPECT_TRUE(testing::pump(io, read_all(*response)).ok());
}

}  // namespace
}  // namespace objectstore::net_test
