#include "http_stream.h"

#include "reference_http.h"

namespace objectstore::fuzz {

namespace {

std::string_view skip_empty_lines(std::string_view stream) {
  while (stream.starts_with("\r\n"))
    stream.remove_prefix(2);
  return stream;
}

void compare_with_reference(std::string_view stream, const SeenStream& seen) {
  using State = ReferenceBody::State;
  for (const auto& request : seen.requests) {
    stream = skip_empty_lines(stream);
    FUZZ_CHECK(stream.starts_with(request.head));
    const auto head = read_head(request.head);
    FUZZ_CHECK(head.has_value());
    stream.remove_prefix(request.head.size());
    const auto body = read_body(*head, stream);
    if (request.whole) {
      FUZZ_CHECK(body.state == State::whole);
      FUZZ_CHECK(body.payload == request.payload);
      stream.remove_prefix(body.size);
    } else if (seen.end == StreamEnd::waiting) {
      FUZZ_CHECK(body.state != State::whole);
    }
  }
}

}  // namespace

void check_stream(std::string_view stream) {
  const auto seen = read_stream(stream, Cut::whole);
  FUZZ_CHECK(read_stream(stream, Cut::bytes) == seen);
  FUZZ_CHECK(read_stream(stream, Cut::chance) == seen);
  compare_with_reference(stream, seen);
}

}  // namespace objectstore::fuzz
