#include "reference_http.h"

#include <algorithm>
#include <charconv>

namespace objectstore::fuzz {

namespace {

bool is_token(std::string_view text) {
  constexpr std::string_view tchar =
      "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  return !text.empty() && text.find_first_not_of(tchar) == std::string_view::npos;
}

// Printable ASCII and obs-text; blanks where told.
bool is_text(std::string_view text, bool blanks) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 ? byte != 0x7f : blanks && (c == ' ' || c == '\t');
  });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return out;
}

std::optional<std::uint64_t> number(std::string_view digits, int base) {
  std::uint64_t value = 0;
  const auto* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  if (digits.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

// Cuts off and returns the line at the front, without its end; nullopt where none ends.
std::optional<std::string_view> take_line(std::string_view& bytes) {
  const auto end = bytes.find("\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const auto line = bytes.substr(0, end);
  bytes.remove_prefix(end + 2);
  return line;
}

bool read_field(std::string_view line, std::pair<std::string, std::string>& field) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  field.first = line.substr(0, colon);
  field.second = trim(line.substr(colon + 1));
  return is_token(field.first) && is_text(field.second, true);
}

bool read_request_line(std::string_view line, ReferenceHead& head) {
  if (std::count(line.begin(), line.end(), ' ') != 2) return false;
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  const auto version = line.substr(last + 1);
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  head.http_1_0 = version == "HTTP/1.0";
  return is_token(head.method) && !head.target.empty() && is_text(head.target, false) &&
         (head.http_1_0 || version == "HTTP/1.1");
}

// Equal lengths may repeat; any other doubt is a refusal.
bool read_framing(ReferenceHead& head) {
  for (const auto& [name, value] : head.headers) {
    const auto name_lower = lower(name);
    if (name_lower == "content-length") {
      const auto length = number(value, 10);
      if (!length || (head.length && head.length != length)) return false;
      head.length = length;
    }
    if (name_lower == "transfer-encoding") {
      if (head.chunked || lower(value) != "chunked") return false;
      head.chunked = true;
    }
  }
  return !(head.chunked && (head.length || head.http_1_0));
}

std::string_view skip_blanks(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
}

bool take_token(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && is_token(text.substr(size, 1)))
    ++size;
  text.remove_prefix(size);
  return size > 0;
}

bool take_quoted(std::string_view& text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

// *( BWS ";" BWS name [ BWS "=" BWS value ] )
bool are_extensions(std::string_view text) {
  if (!is_text(text, true)) return false;
  while (!text.empty()) {
    text = skip_blanks(text);
    if (!text.starts_with(';')) return false;
    text = skip_blanks(text.substr(1));
    if (!take_token(text)) return false;
    const auto after = skip_blanks(text);
    if (!after.starts_with('=')) continue;
    text = skip_blanks(after.substr(1));
    if (text.starts_with('"') ? !take_quoted(text) : !take_token(text)) return false;
  }
  return true;
}

// chunk-size [ chunk-ext ]
std::optional<std::uint64_t> chunk_size(std::string_view line) {
  const auto digits = line.substr(0, line.find_first_not_of("0123456789abcdefABCDEF"));
  if (!are_extensions(line.substr(digits.size()))) return std::nullopt;
  return number(digits, 16);
}

ReferenceBody read_chunks(std::string_view bytes) {
  using State = ReferenceBody::State;
  const auto size = bytes.size();
  ReferenceBody body;
  for (;;) {
    const auto line = take_line(bytes);
    if (!line) return {State::incomplete, {}, 0};
    const auto chunk = chunk_size(*line);
    if (!chunk) return {State::refused, {}, 0};
    if (*chunk == 0) break;
    if (bytes.size() < *chunk) return {State::incomplete, {}, 0};
    body.payload += bytes.substr(0, *chunk);
    bytes.remove_prefix(*chunk);
    if (bytes.size() < 2) return {State::incomplete, {}, 0};
    if (!bytes.starts_with("\r\n")) return {State::refused, {}, 0};
    bytes.remove_prefix(2);
  }
  for (;;) {
    const auto line = take_line(bytes);
    if (!line) return {State::incomplete, {}, 0};
    if (line->empty()) break;
    std::pair<std::string, std::string> trailer;
    if (!read_field(*line, trailer)) return {State::refused, {}, 0};
  }
  body.state = State::whole;
  body.size = size - bytes.size();
  return body;
}

}  // namespace

std::optional<ReferenceHead> read_head(std::string_view bytes) {
  ReferenceHead head;
  const auto request_line = take_line(bytes);
  if (!request_line || !read_request_line(*request_line, head)) return std::nullopt;
  for (;;) {
    const auto line = take_line(bytes);
    if (!line) return std::nullopt;
    if (line->empty()) break;
    if (!read_field(*line, head.headers.emplace_back())) return std::nullopt;
  }
  if (!bytes.empty() || !read_framing(head)) return std::nullopt;
  return head;
}

ReferenceBody read_body(const ReferenceHead& head, std::string_view bytes) {
  if (head.chunked) return read_chunks(bytes);
  const auto length = head.length.value_or(0);
  if (bytes.size() < length) return {ReferenceBody::State::incomplete, {}, 0};
  return {ReferenceBody::State::whole, std::string(bytes.substr(0, length)), length};
}

}  // namespace objectstore::fuzz
