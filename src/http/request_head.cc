#include "http/request_head.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "model/text.h"

namespace objectstore {

namespace {

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (int c = 0; c < 128; ++c) {
    const char ch = static_cast<char>(c);
    table[static_cast<std::size_t>(c)] =
        is_ascii_letter(ch) || is_ascii_digit(ch) ||
        std::string_view("!#$%&'*+-.^_`|~").find(ch) != std::string_view::npos;
  }
  return table;
}
constexpr auto token_table = make_token_table();

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return token_table[static_cast<std::uint8_t>(c)];
  });
}

bool is_control(char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  return byte < 0x20 || byte == 0x7f;
}

bool is_target(std::string_view text) {
  return !text.empty() &&
         std::none_of(text.begin(), text.end(), [](char c) { return is_control(c) || c == ' '; });
}

bool is_field_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return is_control(c) && c != '\t'; });
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::uint64_t> parse_length(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  for (const char c : text) {
    if (!is_ascii_digit(c)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (most - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

HeadVerdict check_request_line(std::string_view line, bool& http_1_0) {
  const auto method_end = line.find(' ');
  if (method_end == std::string_view::npos) return HeadVerdict::bad_request;
  const auto rest = line.substr(method_end + 1);
  const auto target_end = rest.find(' ');
  if (target_end == std::string_view::npos) return HeadVerdict::bad_request;
  const auto version = rest.substr(target_end + 1);
  http_1_0 = version == "HTTP/1.0";
  if (!is_token(line.substr(0, method_end)) || !is_target(rest.substr(0, target_end)) ||
      (version != "HTTP/1.1" && !http_1_0)) {
    return HeadVerdict::bad_request;
  }
  return target_end > max_target_bytes ? HeadVerdict::uri_too_long : HeadVerdict::ok;
}

// The headers that say where the body ends.
class Framing {
 public:
  // False where the headers so far contradict each other or can't be understood.
  bool add(std::string_view name, std::string_view value) {
    if (equals_ignoring_case(name, "content-length")) {
      const auto length = parse_length(value);
      if (!length || (length_ && *length_ != *length)) return false;
      length_ = length;
    } else if (equals_ignoring_case(name, "transfer-encoding")) {
      if (chunked_ || !equals_ignoring_case(value, "chunked")) return false;
      chunked_ = true;
    }
    return !(length_ && chunked_);
  }
  [[nodiscard]] bool chunked() const { return chunked_; }

 private:
  std::optional<std::uint64_t> length_;
  bool chunked_ = false;
};

// Whether the request line, complete or not, already holds a target that is too long.
bool target_too_long(std::string_view line) {
  const auto method_end = line.find(' ');
  if (method_end == std::string_view::npos) return false;
  const auto target_end = std::min(line.find(' ', method_end + 1), line.size());
  return target_end - method_end - 1 > max_target_bytes;
}

}  // namespace

std::optional<std::pair<std::string_view, std::string_view>> split_header_line(
    std::string_view line) {
  // A folded line begins with a blank, which is no token.
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto name = line.substr(0, colon);
  const auto value = line.substr(colon + 1);
  if (!is_token(name) || !is_field_value(value)) return std::nullopt;
  return std::pair(name, trim(value));
}

HeadVerdict check_request_head(std::string_view head) {
  if (head.size() > max_head_bytes) return HeadVerdict::fields_too_large;
  bool first = true;
  bool http_1_0 = false;
  std::size_t lines = 0;
  Framing framing;
  while (true) {
    const auto end = head.find("\r\n");
    if (end == std::string_view::npos) return HeadVerdict::bad_request;
    const auto line = head.substr(0, end);
    head.remove_prefix(end + 2);
    if (first) {
      const auto verdict = check_request_line(line, http_1_0);
      if (verdict != HeadVerdict::ok) return verdict;
      first = false;
      continue;
    }
    if (line.empty()) break;
    if (++lines > max_header_lines) return HeadVerdict::fields_too_large;
    const auto field = split_header_line(line);
    if (!field || !framing.add(field->first, field->second)) return HeadVerdict::bad_request;
  }
  // Chunks are unknown to HTTP/1.0; anything behind the empty line would not be of the head.
  if ((framing.chunked() && http_1_0) || !head.empty()) return HeadVerdict::bad_request;
  return HeadVerdict::ok;
}

HeadScanner::Progress HeadScanner::scan(std::string_view data) {
  using State = Progress::State;
  const auto refused = [](HeadVerdict verdict) { return Progress{State::refused, verdict, 0}; };
  while (scanned_ < data.size()) {
    const auto at = data.find('\n', scanned_);
    if (at == std::string_view::npos) {
      scanned_ = data.size();
      break;
    }
    if (at == 0 || data[at - 1] != '\r') return refused(HeadVerdict::bad_request);
    const auto line_size = at - 1 - line_start_;
    if (lines_ == 0 && line_size > max_target_bytes && target_too_long(data.substr(0, line_size))) {
      return refused(HeadVerdict::uri_too_long);
    }
    scanned_ = line_start_ = at + 1;
    if (line_size == 0) {
      if (at + 1 > max_head_bytes) return refused(HeadVerdict::fields_too_large);
      return {State::complete, HeadVerdict::ok, at + 1};
    }
    if (++lines_ > 1 + max_header_lines) return refused(HeadVerdict::fields_too_large);
  }
  if (lines_ == 0 && data.size() > max_target_bytes && target_too_long(data)) {
    return refused(HeadVerdict::uri_too_long);
  }
  if (data.size() > max_head_bytes) return refused(HeadVerdict::fields_too_large);
  return {};
}

}  // namespace objectstore
