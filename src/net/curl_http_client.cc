#include "net/curl_http_client.h"

#include <utility>

#include "net/curl_exchange.h"
#include "net/curl_loop.h"

namespace objectstore {

CurlHttpClient::CurlHttpClient(const boost::asio::any_io_executor& executor, Clock& clock,
                               Clock& machine_clock, HttpClientSettings settings)
    : settings_(std::make_shared<const HttpClientSettings>(std::move(settings))),
      loop_(std::make_shared<CurlLoop>(
          executor, clock, machine_clock,
          CurlLimits{settings_->connections_per_host, settings_->connections,
                     settings_->idle_connections})),
      open_(std::make_shared<std::list<CurlExchange*>>()) {
  loop_->start();
}

CurlHttpClient::~CurlHttpClient() {
  close();
}

void CurlHttpClient::close() {
  if (std::exchange(closed_, true)) return;
  for (auto* exchange : *open_)
    exchange->fail(Error(ErrorCode::cancelled, "the HTTP client was closed"));
  loop_->stop();
}

Task<HttpResult<std::unique_ptr<HttpResponse>>> CurlHttpClient::send(HttpRequest request) {
  if (closed_) {
    co_return HttpFailure{Error(ErrorCode::cancelled, "the HTTP client was closed"), true};
  }
  auto exchange = std::make_unique<CurlExchange>(loop_, settings_, open_, std::move(request));
  auto failure = co_await exchange->run();
  if (failure) co_return std::move(*failure);
  std::unique_ptr<HttpResponse> response = std::move(exchange);
  co_return std::move(response);
}

}  // namespace objectstore
