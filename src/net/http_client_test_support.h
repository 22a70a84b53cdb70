// A client and a scripted server on one event loop.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <utility>

#include "net/curl_http_client.h"
#include "runtime/real_clock.h"
#include "testing/http_server.h"
#include "testing/manual_clock.h"
#include "testing/pump.h"

namespace objectstore::net_test {

using testing::HttpServer;
using testing::HttpServerAnswer;
using testing::HttpServerRequest;
using Ending = HttpServerAnswer::Ending;

// Deadlines go by a clock that stands still; sockets don't.
class HttpTest : public ::testing::Test {
 protected:
  ~HttpTest() override {
    client.reset();
    testing::run_ready(io);  // its timers end
  }
  [[nodiscard]] std::unique_ptr<CurlHttpClient> make_client(HttpClientSettings settings = {}) {
    return std::make_unique<CurlHttpClient>(io.get_executor(), clock, machine_clock,
                                            std::move(settings));
  }
  // Reads at most a mebibyte.
  [[nodiscard]] HttpResult<HttpReply> get_reply(HttpRequest request) {
    return testing::pump(io, fetch(*client, std::move(request), 1 << 20));
  }
  // A reply; a test whose request fails ends.
  [[nodiscard]] HttpReply reply_to(HttpRequest request) {
    auto result = get_reply(std::move(request));
    if (const auto* failure = std::get_if<HttpFailure>(&result)) {
      ADD_FAILURE() << failure->error.describe();
      return HttpReply();
    }
    return std::get<HttpReply>(std::move(result));
  }
  [[nodiscard]] HttpFailure failure_of(HttpRequest request) {
    auto result = get_reply(std::move(request));
    if (const auto* reply = std::get_if<HttpReply>(&result)) {
      ADD_FAILURE() << "status " << reply->status;
      return HttpFailure{Error(ErrorCode::internal, "no failure"), false};
    }
    return std::get<HttpFailure>(std::move(result));
  }
  [[nodiscard]] static HttpRequest request_to(std::string url, std::string method = "GET") {
    HttpRequest request;
    request.method = std::move(method);
    request.url = std::move(url);
    return request;
  }

  boost::asio::io_context io{1};
  testing::ManualClock clock;
  RealClock machine_clock;
  HttpServerAnswer answer;  // what the server says
  HttpServer server{io.get_executor(), [this](const HttpServerRequest&) { return answer; }};
  std::unique_ptr<CurlHttpClient> client = make_client();
};

// Yields `pieces`, then the end or `failure`.
class ListSource final : public ByteStream {
 public:
  explicit ListSource(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}

  [[nodiscard]] Task<Result<std::string_view>> next() override {
    if (gate != nullptr) co_await gate->wait();
    if (at_ < pieces_.size()) co_return std::string_view(pieces_[at_++]);
    if (failure) co_return *failure;
    co_return std::string_view();
  }
  [[nodiscard]] std::size_t pulled() const { return at_; }

  std::optional<Error> failure;
  Event* gate = nullptr;

 private:
  std::vector<std::string> pieces_;
  std::size_t at_ = 0;
};

}  // namespace objectstore::net_test
