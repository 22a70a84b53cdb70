// The HttpClient of a real process: HTTP/1.1 over libcurl, without blocking the event loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <list>
#include <memory>
#include <string>

#include "net/http_client.h"
#include "runtime/clock.h"

namespace objectstore {

struct HttpClientSettings {
  Duration connect_timeout = std::chrono::seconds(10);  // name, connection and TLS session
  // Connections at a time; requests above it wait for one.
  long connections_per_host = 64;
  long connections = 256;
  long idle_connections = 64;  // kept alive for further requests
  // Certificates of the authorities to trust, in PEM; empty: the system's.
  std::string ca_file;
  std::string proxy;     // URL; empty: none, whatever the environment says
  std::string no_proxy;  // hosts to be reached without it, separated by commas
  std::string user_agent = "sentry-objectstore/0.1.0";
};

class CurlExchange;
class CurlLoop;

// Lives on one executor, a single-threaded one: all calls, also of its responses, are made there.
class CurlHttpClient final : public HttpClient {
 public:
  // `clock` measures deadlines and stalls. `machine_clock` paces curl, which reads the machine's
  // own clock: the same object outside of tests. Both outlive the client and its responses.
  CurlHttpClient(const boost::asio::any_io_executor& executor, Clock& clock, Clock& machine_clock,
                 HttpClientSettings settings);
  // Like close().
  ~CurlHttpClient() override;
  CurlHttpClient(const CurlHttpClient&) = delete;
  CurlHttpClient& operator=(const CurlHttpClient&) = delete;

  [[nodiscard]] Task<HttpResult<std::unique_ptr<HttpResponse>>> send(HttpRequest request) override;

  // Ends what is under way, and what comes, with `cancelled`; responses stay valid and say so.
  // Timers end on the executor soon after: it runs until nothing is left of them.
  void close();

 private:
  std::shared_ptr<const HttpClientSettings> settings_;
  std::shared_ptr<CurlLoop> loop_;
  std::shared_ptr<std::list<CurlExchange*>> open_;
  bool closed_ = false;
};

}  // namespace objectstore
