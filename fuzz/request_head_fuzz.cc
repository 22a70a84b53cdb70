// Heads of requests: our check, Beast's parser and the reference must understand the same.
#include "http/request_head.h"

#include "fuzz.h"
#include "http/request_parser.h"
#include "model/text.h"
#include "reference_http.h"

namespace objectstore {
namespace {

using State = HeadScanner::Progress::State;

HeadScanner::Progress scan(std::string_view data, fuzz::Cut how) {
  HeadScanner scanner;
  HeadScanner::Progress progress;
  std::size_t arrived = 0;
  for (const auto size : fuzz::cut(data, how)) {
    arrived += size;
    progress = scanner.scan(data.substr(0, arrived));
    if (progress.state != State::incomplete) break;
  }
  return progress;
}

void check_scanner(std::string_view data, const HeadScanner::Progress& whole) {
  constexpr std::size_t short_enough = 8192;
  for (const auto how : {fuzz::Cut::bytes, fuzz::Cut::chance}) {
    if (how == fuzz::Cut::bytes && data.size() > short_enough) continue;
    const auto progress = scan(data, how);
    FUZZ_CHECK(progress.state == whole.state);
    FUZZ_CHECK(progress.size == whole.size);
  }
  if (whole.state != State::complete) return;
  FUZZ_CHECK(whole.size <= data.size() && whole.size <= max_head_bytes);
  FUZZ_CHECK(data.substr(0, whole.size).ends_with("\r\n"));
}

bool within_limits(const fuzz::ReferenceHead& head, std::string_view bytes) {
  return bytes.size() <= max_head_bytes && head.target.size() <= max_target_bytes &&
         head.headers.size() <= max_header_lines;
}

void compare(const RequestHead& ours, const fuzz::ReferenceHead& reference) {
  FUZZ_CHECK(ours.target == reference.target);
  FUZZ_CHECK(ours.http_1_0 == reference.http_1_0);
  FUZZ_CHECK(ours.has_body == reference.has_body());
  // Beast's length counts where there is one; none at all where the body is chunked.
  FUZZ_CHECK(ours.content_length == reference.length);
  FUZZ_CHECK((ours.method == Method::put) == (reference.method == "PUT"));
  FUZZ_CHECK((ours.method == Method::remove) == (reference.method == "DELETE"));
  FUZZ_CHECK(ours.headers.size() == reference.headers.size());
  for (std::size_t i = 0; i < ours.headers.size(); ++i) {
    FUZZ_CHECK(ours.headers[i].first == reference.headers[i].first);
    FUZZ_CHECK(ours.headers[i].second == reference.headers[i].second);
  }
  const auto range = std::find_if(ours.headers.begin(), ours.headers.end(), [](const auto& line) {
    return equals_ignoring_case(line.first, "range");
  });
  FUZZ_CHECK(ours.range.has_value() == (range != ours.headers.end()));
  if (ours.range) FUZZ_CHECK(*ours.range == range->second);
}

// Beast refuses one thing more: lists it can't read in the headers that it acts on.
bool has_connection(const fuzz::ReferenceHead& head) {
  return std::any_of(head.headers.begin(), head.headers.end(), [](const auto& line) {
    return equals_ignoring_case(line.first, "connection") ||
           equals_ignoring_case(line.first, "proxy-connection");
  });
}

}  // namespace

FUZZ_TARGET(input) {
  const auto data = fuzz::inflate(input);
  const auto progress = scan(data, fuzz::Cut::whole);
  check_scanner(data, progress);

  const auto bytes = std::string_view(data).substr(
      0, progress.state == State::complete ? progress.size : std::string_view::npos);
  const auto reference = fuzz::read_head(bytes);
  const bool accepted = check_request_head(bytes) == HeadVerdict::ok;
  FUZZ_CHECK(accepted == (reference && within_limits(*reference, bytes)));
  if (!accepted) return;
  FUZZ_CHECK(progress.state == State::complete);
  RequestParser parser;
  const auto* head = parser.parse_head(bytes);
  FUZZ_CHECK(head != nullptr || has_connection(*reference));
  if (head != nullptr) compare(*head, *reference);
}

}  // namespace objectstore
