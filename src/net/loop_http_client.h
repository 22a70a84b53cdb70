// One HTTP client a loop: requests go out on the event loop that asks, so that none hops threads.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <vector>

#include "net/curl_http_client.h"

namespace objectstore {

// Any coroutine on one of the executors may call, and stays on it; others are served by the first
// executor, and their responses may be used, and dropped, where they are.
class LoopHttpClient final : public HttpClient {
 public:
  // Each executor is run by one thread, but not yet. The clock is a real one, and outlives the
  // client.
  LoopHttpClient(const std::vector<boost::asio::any_io_executor>& executors, Clock& clock,
                 const HttpClientSettings& settings);
  // close() has completed, or the executors run no more.
  ~LoopHttpClient() override;

  [[nodiscard]] Task<HttpResult<std::unique_ptr<HttpResponse>>> send(HttpRequest request) override;
  // Ends what is under way and what comes, as CurlHttpClient::close() does.
  [[nodiscard]] Task<void> close();

 private:
  struct Home {
    boost::asio::any_io_executor executor;
    std::unique_ptr<CurlHttpClient> client;
  };

  std::vector<Home> homes_;
};

}  // namespace objectstore
