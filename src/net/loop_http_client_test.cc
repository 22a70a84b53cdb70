#include "net/loop_http_client.h"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>

#include "net/http_client_test_support.h"

namespace objectstore {
namespace {

using net_test::HttpServerAnswer;
using net_test::HttpServerRequest;

// An event loop with a thread of its own.
class Loop {
 public:
  void start() {
    thread_ = std::thread([this] { context.run(); });
  }
  void stop() {
    work_.reset();
    thread_.join();
  }
  [[nodiscard]] std::thread::id thread() const { return thread_.get_id(); }

  boost::asio::io_context context{1};

 private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      context.get_executor()};
  std::thread thread_;
};

// Notes where it is pulled.
class NotingSource final : public ByteStream {
 public:
  [[nodiscard]] Task<Result<std::string_view>> next() override {
    threads.push_back(std::this_thread::get_id());
    co_return threads.size() < 4 ? std::string_view("piece") : std::string_view();
  }
  std::vector<std::thread::id> threads;
};

// Where the coroutine was after each step, and the body.
struct Visit {
  std::vector<std::thread::id> threads;
  std::string body;
};

Task<Visit> visit(HttpClient& client, HttpRequest request) {
  Visit seen;
  auto sent = co_await client.send(std::move(request));
  seen.threads.push_back(std::this_thread::get_id());
  auto* response = std::get_if<std::unique_ptr<HttpResponse>>(&sent);
  if (response == nullptr) co_return Visit{{}, std::get<HttpFailure>(sent).error.describe()};
  for (;;) {
    const auto piece = co_await (*response)->next();
    seen.threads.push_back(std::this_thread::get_id());
    if (!piece.ok() || piece->empty()) co_return seen;
    seen.body += *piece;
  }
}

class LoopHttpClientTest : public ::testing::Test {
 protected:
  LoopHttpClientTest() {
    client = std::make_unique<LoopHttpClient>(
        std::vector<boost::asio::any_io_executor>{loops[0].context.get_executor(),
                                                  loops[1].context.get_executor()},
        clock, HttpClientSettings());
    for (auto& loop : loops)
      loop.start();
    served.start();
  }
  ~LoopHttpClientTest() override {
    close();
    for (auto& loop : loops)
      loop.stop();
    run_on_served([this] { server.reset(); });
    served.stop();
  }
  void close() {
    testing::Pumped closing(elsewhere, [](LoopHttpClient& closed) -> Task<bool> {
      co_await closed.close();
      co_return true;
    }(*client));
    EXPECT_TRUE(closing.get());
  }
  template <class F>
  void run_on_served(F work) {
    std::promise<void> done;
    boost::asio::post(served.context, [&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }
  // What a coroutine on `context`, which has a thread, sees.
  [[nodiscard]] Visit visit_on(boost::asio::io_context& context, HttpRequest request) {
    std::promise<Visit> seen;
    boost::asio::co_spawn(
        context, visit(*client, std::move(request)),
        [&](const std::exception_ptr&, Visit v) { seen.set_value(std::move(v)); });
    return seen.get_future().get();
  }
  [[nodiscard]] HttpRequest request(std::string method = "GET") const {
    HttpRequest made;
    made.method = std::move(method);
    made.url = server->url("/x");
    return made;
  }

  RealClock clock;
  Loop served;
  std::unique_ptr<net_test::HttpServer> server = std::make_unique<net_test::HttpServer>(
      served.context.get_executor(), [](const HttpServerRequest& received) {
        HttpServerAnswer said;
        said.body = received.method == "PUT" ? received.body : std::string(300'000, 'x');
        return said;
      });
  std::array<Loop, 2> loops;
  boost::asio::io_context elsewhere{1};  // run by the test
  std::unique_ptr<LoopHttpClient> client;
};

TEST_F(LoopHttpClientTest, requests_stay_on_the_loop_that_asks) {
  for (auto& loop : loops) {
    const auto seen = visit_on(loop.context, request());
    EXPECT_EQ(seen.body.size(), 300'000U);
    for (const auto thread : seen.threads)
      EXPECT_EQ(thread, loop.thread());
  }
  EXPECT_EQ(server->connections(), 2U);  // one client each
}

TEST_F(LoopHttpClientTest, others_are_served_and_stay_where_they_are) {
  const auto seen = testing::pump(elsewhere, visit(*client, request()));
  EXPECT_EQ(seen.body.size(), 300'000U);
  for (const auto thread : seen.threads)
    EXPECT_EQ(thread, std::this_thread::get_id());
}

TEST_F(LoopHttpClientTest, the_bodies_of_others_are_read_where_they_are) {
  NotingSource source;
  auto put = request("PUT");
  put.body = HttpUpload{&source, 15};
  const auto seen = testing::pump(elsewhere, visit(*client, std::move(put)));
  EXPECT_EQ(seen.body, "piecepiecepiece");
  EXPECT_FALSE(source.threads.empty());
  for (const auto thread : source.threads)
    EXPECT_EQ(thread, std::this_thread::get_id());
}

TEST_F(LoopHttpClientTest, responses_of_others_may_be_dropped_half_read) {
  for (int i = 0; i < 20; ++i) {
    auto sent = testing::pump(elsewhere, client->send(request()));
    ASSERT_TRUE(std::holds_alternative<std::unique_ptr<HttpResponse>>(sent));
    auto& response = std::get<std::unique_ptr<HttpResponse>>(sent);
    EXPECT_EQ(response->status(), 200);
    EXPECT_TRUE(testing::pump(elsewhere, response->next()).ok());
  }
}

TEST_F(LoopHttpClientTest, nothing_is_sent_after_closing) {
  close();
  for (auto& loop : loops)
    EXPECT_NE(visit_on(loop.context, request()).body.find("closed"), std::string::npos);
  const auto seen = testing::pump(elsewhere, visit(*client, request()));
  EXPECT_NE(seen.body.find("closed"), std::string::npos);
  EXPECT_EQ(server->connections(), 0U);
}

}  // namespace
}  // namespace objectstore
