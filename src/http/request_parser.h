// The HTTP/1 parser: Beast's, without copies of what it reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "model/metadata_headers.h"

namespace objectstore {

enum class Method : std::uint8_t { get, head, put, post, remove, other };
// "GET"; "OTHER" for what the service has no route for.
[[nodiscard]] std::string_view to_string(Method method);

// A parsed head. Views point into the bytes that were parsed.
struct RequestHead {
  Method method = Method::other;
  std::string_view target;
  bool http_1_0 = false;
  bool keep_alive = false;
  bool expects_continue = false;  // Expect: 100-continue, on HTTP/1.1
  std::optional<std::uint64_t> content_length;
  bool has_body = false;                  // announced, and not of length zero
  std::optional<std::string_view> range;  // the first Range line
  std::vector<HeaderView> headers;        // in the order received
};

// One request after the other: head, then body until done.
class RequestParser {
 public:
  RequestParser();
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Begins a request whose whole head passed check_request_head(). nullptr: not understood after
  // all. The result lives until the next call.
  [[nodiscard]] const RequestHead* parse_head(std::string_view head);

  struct Step {
    enum class State : std::uint8_t { payload, need_input, done, broken };
    State state = State::done;
    std::size_t consumed = 0;  // bytes of the input that need not be given again
    std::string_view payload;  // not empty where `state` is payload; points into the input
  };
  // The next piece of the body. Bytes not consumed must begin the next call's input.
  [[nodiscard]] Step parse_body(std::string_view input);
  [[nodiscard]] bool body_done() const;
  // Bytes of a Content-Length body not yet parsed; unset for chunks.
  [[nodiscard]] std::optional<std::uint64_t> remaining() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace objectstore
