// An HTTP/1.1 server on a loopback port, whose every answer a test decides.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/sync.h"

namespace boost::asio::ssl {
class context;
}

namespace objectstore::testing {

struct HttpServerRequest {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;                                          // without chunk framing
  std::size_t connection = 0;                                // counted from 1

  // Empty where there is none.
  [[nodiscard]] std::string header(const std::string& name) const;
};

struct HttpServerAnswer {
  enum class Ending : std::uint8_t {
    complete,   // the connection is kept
    closes,     // complete, with "Connection: close"
    cuts_body,  // closes the connection when `body` is sent, whatever length was announced
    no_answer,  // closes the connection instead
    silence,    // never says anything more
  };

  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Ending ending = Ending::complete;
  std::optional<std::size_t> announced_length;  // Content-Length, if not the body's
  bool chunked = false;
  std::string interim;           // sent first, as it is: heads of 1xx responses
  std::shared_ptr<Event> after;  // nothing is sent before it is set
};

// Runs on the test's own executor, single-threaded. Sessions that wait end with the executor.
class HttpServer {
 public:
  using Handler = std::function<HttpServerAnswer(const HttpServerRequest&)>;
  // Asked when a head is there; an answer is given at once, before the body is read.
  using HeadHandler = std::function<std::optional<HttpServerAnswer>(const HttpServerRequest&)>;

  // With `tls`, which must outlive the server's sessions, it speaks https.
  HttpServer(const boost::asio::any_io_executor& executor, Handler handler,
             boost::asio::ssl::context* tls = nullptr);
  // Closes everything.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  void answer_heads(HeadHandler handler);

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::string url(const std::string& target = "") const;  // by 127.0.0.1
  // Complete ones, in order.
  [[nodiscard]] const std::vector<HttpServerRequest>& requests() const;
  [[nodiscard]] std::size_t connections() const;       // ever accepted
  [[nodiscard]] std::size_t open_connections() const;  // whose end was not seen yet
  [[nodiscard]] std::size_t bytes_written() const;

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace objectstore::testing
