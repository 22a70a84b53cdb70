// What the server understands of the bytes of one connection, however they arrive.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fuzz.h"
#include "http/request_head.h"
#include "http/request_parser.h"

namespace objectstore::fuzz {

struct SeenRequest {
  std::string head;
  std::string payload;
  bool whole = false;  // else `payload` is what came before the end of the stream
  friend bool operator==(const SeenRequest&, const SeenRequest&) = default;
};

// The end of a connection, as far as its bytes tell.
enum class StreamEnd : std::uint8_t {
  waiting,   // for more of a head or a body
  refused,   // a head was
  broken,    // a body was
  finished,  // the last request asked for it
};

struct SeenStream {
  std::vector<SeenRequest> requests;
  StreamEnd end = StreamEnd::waiting;
  friend bool operator==(const SeenStream&, const SeenStream&) = default;
};

// Reads requests as http/connection.cc and http/request_body.cc do, without sockets and limits.
class StreamReader {
 public:
  void arrive(std::string_view bytes) {
    pending_.append(bytes);
    while (seen_.end == StreamEnd::waiting && (in_body_ ? read_body() : read_head())) {
    }
  }
  [[nodiscard]] const SeenStream& seen() const { return seen_; }

 private:
  // Each: whether there is more to do with what is pending.
  bool read_head() {
    using State = HeadScanner::Progress::State;
    while (pending_.starts_with("\r\n")) {
      pending_.erase(0, 2);
      scanner_ = HeadScanner();
    }
    const auto progress = scanner_.scan(pending_);
    if (progress.state == State::incomplete) return false;
    scanner_ = HeadScanner();
    head_ = pending_.substr(0, progress.size);
    const RequestHead* head = nullptr;
    if (progress.state == State::complete && check_request_head(head_) == HeadVerdict::ok) {
      head = parser_.parse_head(head_);
    }
    if (head == nullptr) {
      seen_.end = StreamEnd::refused;
      return false;
    }
    keep_ = head->keep_alive && !head->http_1_0;
    seen_.requests.push_back({head_, {}, false});
    pending_.erase(0, head_.size());
    in_body_ = true;
    return true;
  }

  bool read_body() {
    using State = RequestParser::Step::State;
    const auto step = parser_.parse_body(pending_);
    FUZZ_CHECK(step.consumed <= pending_.size());
    FUZZ_CHECK(step.payload.empty() == (step.state != State::payload));
    seen_.requests.back().payload += step.payload;
    pending_.erase(0, step.consumed);
    if (step.state == State::broken) seen_.end = StreamEnd::broken;
    if (step.state != State::done) return step.state == State::payload;
    FUZZ_CHECK(parser_.body_done());
    seen_.requests.back().whole = true;
    in_body_ = false;
    if (!keep_) seen_.end = StreamEnd::finished;
    return keep_;
  }

  std::string pending_;
  std::string head_;  // the parsed head's views point into it
  HeadScanner scanner_;
  RequestParser parser_;
  SeenStream seen_;
  bool in_body_ = false;
  bool keep_ = true;
};

inline SeenStream read_stream(std::string_view stream, Cut how) {
  StreamReader reader;
  for (const auto size : cut(stream, how)) {
    reader.arrive(stream.substr(0, size));
    stream.remove_prefix(size);
  }
  return reader.seen();
}

// Reads the stream whole and in pieces, which must be the same, and compares it with the reference:
// whatever the server takes, both have the same requests and payloads in it.
void check_stream(std::string_view stream);

}  // namespace objectstore::fuzz
