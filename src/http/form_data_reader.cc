#include "http/form_data_reader.h"

#include <algorithm>
#include <utility>

#include "base/trim.h"
#include "model/text.h"

namespace objectstore {

namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view head_end = "\r\n\r\n";
constexpr std::size_t max_boundary_size = 70;

// Takes the value of a parameter off the front of `text`; nullopt where it is malformed.
std::optional<std::string> take_value(std::string_view& text) {
  std::string value;
  if (!text.starts_with('"')) {
    const auto size = std::min(text.find(';'), text.size());
    value = trimmed(text.substr(0, size));
    text.remove_prefix(size);
    return value;
  }
  for (text.remove_prefix(1); !text.empty(); text.remove_prefix(1)) {
    if (text.front() == '"') {
      text.remove_prefix(1);
      text = trimmed(text);
      if (!text.empty() && text.front() != ';') return std::nullopt;
      return value;
    }
    if (text.front() == '\\') text.remove_prefix(1);
    if (!text.empty()) value += text.front();
    if (text.empty()) break;
  }
  return std::nullopt;
}

bool is_boundary(std::string_view text) {
  return !text.empty() && text.size() <= max_boundary_size && text.back() != ' ' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

}  // namespace

std::optional<std::string> form_data_boundary(std::string_view content_type) {
  const auto type_size = std::min(content_type.find(';'), content_type.size());
  if (!equals_ignoring_case(trimmed(content_type.substr(0, type_size)), "multipart/form-data")) {
    return std::nullopt;
  }
  auto rest = content_type.substr(type_size);
  while (!rest.empty()) {
    rest = trimmed(rest.substr(1));  // the semicolon
    const auto name_size = rest.find_first_of("=;");
    if (name_size == std::string_view::npos || rest[name_size] == ';') {
      rest.remove_prefix(std::min(name_size, rest.size()));
      continue;
    }
    const auto name = rest.substr(0, name_size);
    rest.remove_prefix(name_size + 1);
    auto value = take_value(rest);
    if (!value) return std::nullopt;
    if (!equals_ignoring_case(name, "boundary")) continue;
    if (!is_boundary(*value)) return std::nullopt;
    return value;
  }
  return std::nullopt;
}

FormDataReader::FormDataReader(std::string_view boundary) : delimiter_("\r\n--") {
  delimiter_ += boundary;
}

FormDataReader::Step FormDataReader::next(std::string_view& input) {
  for (;;) {
    std::optional<Step> step;
    switch (phase_) {
      case Phase::preamble:
      case Phase::payload:
        step = scan(input);
        break;
      case Phase::delimiter_line:
        step = read_delimiter_line(input);
        break;
      case Phase::head:
        step = read_head(input);
        break;
      case Phase::ended:
        return {Event::end, {}};
      case Phase::broken:
        return {Event::broken, {}};
    }
    if (step) return *step;
  }
}

// Looks for the delimiter, and yields what lies before it where that is payload.
std::optional<FormDataReader::Step> FormDataReader::scan(std::string_view& input) {
  const auto yield = [this](std::string_view bytes) -> std::optional<Step> {
    if (phase_ == Phase::preamble || bytes.empty()) return std::nullopt;
    return Step{Event::payload, bytes};
  };
  if (input.empty()) return Step{};
  if (matched_ > 0) {
    const auto wanted = std::string_view(delimiter_).substr(matched_, input.size());
    if (input.starts_with(wanted)) {
      input.remove_prefix(wanted.size());
      matched_ += wanted.size();
      if (matched_ == delimiter_.size()) begin_delimiter_line();
      return std::nullopt;
    }
    // No delimiter: it was payload, and no other match can have begun within it.
    const auto withheld = std::string_view(delimiter_).substr(0, matched_).substr(not_payload_);
    matched_ = not_payload_ = 0;
    return yield(withheld);
  }
  const auto at = input.find(delimiter_);
  if (at == std::string_view::npos) {
    matched_ = unfinished_match(input);
    const auto before = input.substr(0, input.size() - matched_);
    input = {};
    return yield(before);
  }
  const auto before = input.substr(0, at);
  input.remove_prefix(at + delimiter_.size());
  const auto step = yield(before);
  begin_delimiter_line();
  return step;
}

// The size of the delimiter's beginning that `text` ends with.
std::size_t FormDataReader::unfinished_match(std::string_view text) const {
  const auto tail = text.substr(text.size() - std::min(text.size(), delimiter_.size() - 1));
  const auto at = tail.rfind('\r');
  if (at == std::string_view::npos || !delimiter_.starts_with(tail.substr(at))) return 0;
  return tail.size() - at;
}

void FormDataReader::begin_delimiter_line() {
  matched_ = not_payload_ = 0;
  phase_ = Phase::delimiter_line;
  line_ = LineState::begin;
}

std::optional<FormDataReader::Step> FormDataReader::read_delimiter_line(std::string_view& input) {
  while (!input.empty() && phase_ == Phase::delimiter_line) {
    const char c = input.front();
    input.remove_prefix(1);
    const bool blank = c == ' ' || c == '\t';
    if (line_ == LineState::carriage_return) {
      if (c == '\n') {
        begin_head();
      } else {
        phase_ = Phase::broken;
      }
    } else if (line_ == LineState::dash) {
      phase_ = c == '-' ? Phase::ended : Phase::broken;
    } else if (line_ == LineState::begin && c == '-') {
      line_ = LineState::dash;
    } else if (c == '\r') {
      line_ = LineState::carriage_return;
    } else if (blank) {
      line_ = LineState::blanks;
    } else {
      phase_ = Phase::broken;
    }
  }
  if (phase_ == Phase::delimiter_line) return Step{};
  if (phase_ != Phase::broken && std::exchange(in_part_, false)) return Step{Event::part_end, {}};
  return std::nullopt;
}

void FormDataReader::begin_head() {
  phase_ = Phase::head;
  head_ = line_end;  // of the delimiter's line: a head without headers ends like any other
  headers_.clear();
}

// Takes whole lines until an empty one.
std::optional<FormDataReader::Step> FormDataReader::read_head(std::string_view& input) {
  for (;;) {
    if (input.empty()) return Step{};
    const auto line_size = std::min(input.find('\n'), input.size() - 1) + 1;
    const auto size = std::min(line_size, max_part_head_bytes - head_.size());
    head_.append(input.substr(0, size));
    input.remove_prefix(size);
    const bool complete = head_.ends_with(head_end);
    if (!complete && head_.size() < max_part_head_bytes) continue;
    const bool good = complete && parse_head();
    phase_ = Phase::payload;
    in_part_ = true;
    // The line end that closes the head may be the one that begins a delimiter.
    matched_ = not_payload_ = unfinished_match(head_);
    return Step{good ? Event::head : Event::bad_head, {}};
  }
}

bool FormDataReader::parse_head() {
  auto rest = std::string_view(head_).substr(line_end.size());
  rest.remove_suffix(rest.empty() ? 0 : line_end.size());
  while (!rest.empty()) {
    const auto size = rest.find(line_end);
    const auto field = split_header_line(rest.substr(0, size));
    if (!field || headers_.size() == max_header_lines) {
      headers_.clear();
      return false;
    }
    headers_.push_back(*field);
    rest.remove_prefix(size + line_end.size());
  }
  return true;
}

}  // namespace objectstore
