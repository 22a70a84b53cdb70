#include "net/loop_http_client.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "base/assert.h"
#include "runtime/run_on.h"

namespace objectstore {

namespace asio = boost::asio;

namespace {

const asio::execution_context* context_of(const asio::any_io_executor& executor) {
  return &asio::query(executor, asio::execution::context);
}

// A body that its client pulls from another executor than the one it lives on.
class RemoteSource final : public ByteStream {
 public:
  RemoteSource(ByteStream& source, asio::any_io_executor executor)
      : source_(source), executor_(std::move(executor)) {}

  [[nodiscard]] Task<Result<std::string_view>> next() override {
    return run_on(executor_, source_.next());
  }

 private:
  ByteStream& source_;
  asio::any_io_executor executor_;
};

// A response that lives on another executor than its user.
class RemoteResponse final : public HttpResponse {
 public:
  RemoteResponse(std::unique_ptr<HttpResponse> response, asio::any_io_executor executor)
      : response_(std::move(response)), executor_(std::move(executor)) {}
  ~RemoteResponse() override {
    asio::post(executor_, [response = std::move(response_)]() mutable { response.reset(); });
  }

  [[nodiscard]] int status() const override { return response_->status(); }
  [[nodiscard]] const HttpHeaders& headers() const override { return response_->headers(); }
  [[nodiscard]] Task<Result<std::string_view>> next() override {
    return run_on(executor_, response_->next());
  }

 private:
  std::unique_ptr<HttpResponse> response_;
  asio::any_io_executor executor_;
};

Task<void> close_client(CurlHttpClient& client) {
  client.close();
  co_return;
}

}  // namespace

LoopHttpClient::LoopHttpClient(const std::vector<asio::any_io_executor>& executors, Clock& clock,
                               const HttpClientSettings& settings) {
  OBJECTSTORE_ASSERT(!executors.empty());
  homes_.reserve(executors.size());
  for (const auto& executor : executors)
    homes_.push_back(
        {executor, std::make_unique<CurlHttpClient>(executor, clock, clock, settings)});
}

LoopHttpClient::~LoopHttpClient() = default;

Task<HttpResult<std::unique_ptr<HttpResponse>>> LoopHttpClient::send(HttpRequest request) {
  const auto here = co_await asio::this_coro::executor;
  const auto own = std::find_if(homes_.begin(), homes_.end(), [&here](const Home& home) {
    return context_of(home.executor) == context_of(here);
  });
  if (own != homes_.end()) {
    auto sent = co_await own->client->send(std::move(request));
    co_return std::move(sent);
  }
  const auto& home = homes_.front();
  std::optional<RemoteSource> source;
  if (auto* upload = std::get_if<HttpUpload>(&request.body)) {
    upload->source = &source.emplace(*upload->source, here);
  }
  auto sent = co_await run_on(home.executor, home.client->send(std::move(request)));
  if (auto* failure = std::get_if<HttpFailure>(&sent)) co_return std::move(*failure);
  auto response = std::get<std::unique_ptr<HttpResponse>>(std::move(sent));
  std::unique_ptr<HttpResponse> remote =
      std::make_unique<RemoteResponse>(std::move(response), home.executor);
  co_return std::move(remote);
}

Task<void> LoopHttpClient::close() {
  for (const auto& home : homes_)
    co_await run_on(home.executor, close_client(*home.client));
}

}  // namespace objectstore
