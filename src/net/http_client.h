// Outgoing HTTP, as its users here see it: bodies stream both ways, held back by their consumer.
//
// A request is sent at most once unless it says `repeatable`: the change protocol resolves unknown
// outcomes itself. Redirects are answers like any other; nothing follows them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "runtime/byte_stream.h"
#include "runtime/task.h"

namespace objectstore {

// In order; names of a response are in lower case.
using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// The first value under `name` (given in lower case).
[[nodiscard]] std::optional<std::string_view> find_header(const HttpHeaders& headers,
                                                          std::string_view name);

struct HttpUpload {
  // Lives until send() has returned. A call of next() that is under way is awaited whatever becomes
  // of the request meanwhile. An error of it ends the request with that error, before the server
  // can take the body for complete.
  ByteStream* source = nullptr;
  // What the source yields, to the byte; nullopt: sent in chunks.
  std::optional<std::uint64_t> length;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // http or https; the path is sent as it is here
  HttpHeaders headers;
  // Empty bytes are no body.
  std::variant<SharedBytes, HttpUpload> body;
  // When the whole exchange, the response's body included, must be over.
  std::optional<MonotonicTime> deadline;
  // When the head of the response must be there.
  std::optional<MonotonicTime> head_deadline;
  // How long nothing may move while the server is what is waited for.
  std::optional<Duration> stall_timeout = std::chrono::seconds(60);
  // May be sent again, once, where a kept-alive connection turns out dead before any answer came.
  // GET and HEAD may be in any case.
  bool repeatable = false;
};

// Why there is no complete answer.
struct HttpFailure {
  // invalid_argument (the request can't be sent as it is), unavailable, deadline_exceeded,
  // cancelled (the client was closed), payload_too_large, or what the body's source reported. Names
  // method and host, never path, query, headers or bodies.
  Error error;
  // The server has seen nothing of the request: no address, connection or TLS session was had.
  // False: it may have been carried out.
  bool never_sent = false;
};

template <class T>
using HttpResult = std::variant<T, HttpFailure>;

// A response whose head is there. Used by one coroutine, on the client's executor; dropping it
// cancels what is left.
class HttpResponse {
 public:
  virtual ~HttpResponse() = default;
  [[nodiscard]] virtual int status() const = 0;
  [[nodiscard]] virtual const HttpHeaders& headers() const = 0;
  // The next bytes of the body; empty once it has ended as its framing says, and at every call
  // after it. The view is valid until the next call. What is not fetched holds the server back.
  [[nodiscard]] virtual Task<Result<std::string_view>> next() = 0;
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;
  // Sends the request with all of its body and returns with the head of the response; with the head
  // of a refusal (status 300 and above) also before all of the body is sent.
  [[nodiscard]] virtual Task<HttpResult<std::unique_ptr<HttpResponse>>> send(
      HttpRequest request) = 0;
};

struct HttpReply {
  int status = 0;
  HttpHeaders headers;
  std::string body;
};
// A whole exchange. A body above `max_body` bytes is payload_too_large.
[[nodiscard]] Task<HttpResult<HttpReply>> fetch(HttpClient& client, HttpRequest request,
                                                std::size_t max_body);

}  // namespace objectstore
