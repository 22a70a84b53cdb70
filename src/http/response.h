// A response before it is written to a connection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "runtime/byte_stream.h"

namespace objectstore {

// A body that is made while it is sent, of a length nobody knows before: it may read the request's
// body meanwhile.
class LiveBody : public ByteStream {
 public:
  // Awaited once before the request ends, whether or not all was sent: waits for what still runs.
  [[nodiscard]] virtual Task<void> close() = 0;
};

struct Response {
  // How the end of the body is told.
  enum class Framing : std::uint8_t {
    none,            // no body and no length: 204
    content_length,  // `length` bytes
    chunked,         // on HTTP/1.0: until the connection ends
  };

  unsigned status = 200;
  Framing framing = Framing::content_length;
  std::uint64_t length = 0;   // of the body, whichever member holds it
  bool server_header = true;  // protocol errors and the in-flight limiter go without
  bool close = false;         // the connection ends after this response
  std::string headers;        // complete lines, each ended by CRLF
  std::string request_id;     // of the header x-request-id; stays when the response is reset
  // The body is one of these; all are empty where there is none.
  std::string text;
  SharedBytes bytes;
  std::unique_ptr<ByteStream> stream;
  std::unique_ptr<LiveBody> live;  // with Framing::chunked
  // What the stream has yielded already: it is asked before the head is sent, for a failure of its
  // first block can then still be told by the status.
  std::string_view first_piece;

  // Back to an empty 200, keeping the capacity of strings.
  void reset();
  // An empty body of length zero with this status.
  void set_empty(unsigned new_status);
  // 204, and no length either.
  void set_no_content();
  void set_text(unsigned new_status, std::string_view body);
  void set_json(unsigned new_status, std::string body);
  // Drops a line whose name or value could not be told from framing when read by the client.
  void add_header(std::string_view name, std::string_view value);
};

// Appends the status line and all headers with the empty line that ends them. `date` is the value
// of that header.
void append_response_head(std::string& out, const Response& response, bool http_1_0,
                          std::string_view date);

// "Not Found" for 404.
[[nodiscard]] std::string_view reason_phrase(unsigned status);

// IMF-fixdate, as in the header Date: "Sun, 06 Nov 1994 08:49:37 GMT". `seconds` since the epoch.
[[nodiscard]] std::string format_http_date(std::int64_t seconds);

}  // namespace objectstore
