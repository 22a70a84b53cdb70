// Bodies of multipart/form-data, in pieces, as one reads them who has all of it before him; and the
// operations that the heads of their parts name.
#include "http/form_data_reader.h"

#include <array>
#include <optional>
#include <utility>

#include "base/percent.h"
#include "fuzz.h"
#include "http/batch_operation.h"

namespace objectstore {

namespace {

using Event = FormDataReader::Event;
using fuzz::Cut;

struct SeenPart {
  bool good = false;  // its head was understood
  std::string payload;
  friend bool operator==(const SeenPart&, const SeenPart&) = default;
};

struct SeenBody {
  std::vector<SeenPart> parts;     // that have ended
  Event last = Event::need_input;  // what the body ends with
  friend bool operator==(const SeenBody&, const SeenBody&) = default;
};

void check_head(const std::vector<HeaderView>& headers) {
  FUZZ_CHECK(headers.size() <= FormDataReader::max_header_lines);
  for (const auto& [name, value] : headers)
    FUZZ_CHECK(!name.empty() && !fuzz::has_control(name) && !fuzz::has_control(value));
  const auto operation = parse_batch_operation(headers);
  if (!operation.ok()) {
    FUZZ_CHECK(operation.error().code() == ErrorCode::invalid_argument);
    FUZZ_CHECK(operation.error().message().size() < 200);
    return;
  }
  FUZZ_CHECK(operation.value().key || operation.value().kind == BatchKind::insert);
  FUZZ_CHECK(!operation.value().key || is_utf8(*operation.value().key));
}

SeenBody read(std::string_view boundary, std::string_view body, Cut how) {
  FormDataReader reader(boundary);
  SeenBody seen;
  std::optional<SeenPart> part;
  for (const auto size : fuzz::cut(body, how)) {
    // On a buffer of its own: what was read of it must not be needed further.
    const std::string piece(body.substr(0, size));
    body.remove_prefix(size);
    std::string_view rest = piece;
    do {
      const auto step = reader.next(rest);
      FUZZ_CHECK(step.payload.empty() == (step.event != Event::payload));
      seen.last = step.event;
      if (step.event == Event::head || step.event == Event::bad_head) {
        FUZZ_CHECK(!part);
        part.emplace();
        part->good = step.event == Event::head;
        if (part->good) check_head(reader.headers());
      } else if (step.event == Event::payload) {
        FUZZ_CHECK(part.has_value());
        part->payload += step.payload;
      } else if (step.event == Event::part_end) {
        FUZZ_CHECK(part.has_value());
        seen.parts.push_back(*std::exchange(part, std::nullopt));
      }
    } while (seen.last != Event::need_input && seen.last != Event::end &&
             seen.last != Event::broken);
    FUZZ_CHECK(seen.last != Event::need_input || rest.empty());
    FUZZ_CHECK(reader.ended() == (seen.last == Event::end));
  }
  return seen;
}

// Event::part_end: another part follows behind `at`.
Event delimiter_line(std::string_view text, std::size_t& at) {
  if (text.substr(at).starts_with("--")) return Event::end;
  if (text.substr(at) == "-") return Event::need_input;
  at = std::min(text.find_first_not_of(" \t", at), text.size());
  const auto rest = text.substr(at);
  if (rest.starts_with("\r\n")) return Event::part_end;
  return rest.empty() || rest == "\r" ? Event::need_input : Event::broken;
}

bool understood(std::string_view head) {
  std::size_t lines = 0;
  while (!head.empty()) {
    const auto size = head.find("\r\n");
    if (!split_header_line(head.substr(0, size))) return false;
    head.remove_prefix(size + 2);
    ++lines;
  }
  return lines <= FormDataReader::max_header_lines;
}

SeenBody expected(std::string_view boundary, std::string_view body) {
  const std::string delimiter = "\r\n--" + std::string(boundary);
  const std::string text = "\r\n" + std::string(body);
  SeenBody seen;
  std::optional<SeenPart> part;
  auto at = text.find(delimiter);
  while (at != std::string::npos) {
    at += delimiter.size();
    seen.last = delimiter_line(text, at);
    if (seen.last == Event::need_input || seen.last == Event::broken) return seen;
    if (part) seen.parts.push_back(*std::exchange(part, std::nullopt));
    if (seen.last == Event::end) return seen;
    seen.last = Event::need_input;
    // The head begins with the line end of the delimiter.
    const auto head_end = text.find("\r\n\r\n", at);
    const auto limit = at + FormDataReader::max_part_head_bytes;
    if (head_end == std::string::npos && text.size() < limit) return seen;
    part.emplace();
    auto begin = limit;
    auto search_from = limit - (delimiter.size() - 1);
    if (head_end != std::string::npos && head_end + 4 <= limit) {
      part->good = understood(std::string_view(text).substr(at + 2, head_end - at));
      begin = head_end + 4;
      search_from = head_end + 2;
    }
    at = text.find(delimiter, search_from);
    if (at != std::string::npos && at > begin) part->payload = text.substr(begin, at - begin);
  }
  return seen;
}

void check_boundary(std::string_view content_type) {
  const auto boundary = form_data_boundary(content_type);
  if (!boundary) return;
  FUZZ_CHECK(!boundary->empty() && boundary->size() <= 70 && boundary->back() != ' ');
  FUZZ_CHECK(!fuzz::has_control(*boundary) && boundary->find('\t') == std::string::npos);
  std::string quoted = "multipart/form-data; boundary=\"";
  for (const char c : *boundary) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  FUZZ_CHECK(form_data_boundary(quoted + "\"") == boundary);
}

}  // namespace

FUZZ_TARGET(input) {
  check_boundary(input);
  check_boundary("multipart/form-data;" + std::string(input));

  constexpr std::array<std::string_view, 3> boundaries = {"XX", "-", "--a b--"};
  const auto body = fuzz::inflate(input);
  for (const auto boundary : boundaries) {
    const auto seen = read(boundary, body, Cut::whole);
    FUZZ_CHECK(body.empty() || seen == expected(boundary, body));
    FUZZ_CHECK(read(boundary, body, Cut::chance) == seen);
    // Long ones are for limits, and slow.
    if (body.size() < 4096) FUZZ_CHECK(read(boundary, body, Cut::bytes) == seen);
  }
}

}  // namespace objectstore
