#include "model/media_type.h"

#include <algorithm>
#include <array>
#include <string>

#include "model/text.h"

namespace objectstore {

namespace {

constexpr std::size_t max_name_length = 127;

constexpr std::array<bool, 256> name_characters = [] {
  std::array<bool, 256> allowed{};
  for (int c = 0; c < 128; ++c) {
    const char character = static_cast<char>(c);
    allowed[c] = is_ascii_letter(character) || is_ascii_digit(character);
  }
  for (const char c : std::string_view("*!#$&-^_.+%'")) {
    allowed[static_cast<unsigned char>(c)] = true;
  }
  return allowed;
}();

bool is_name_character(char c) {
  return name_characters[static_cast<unsigned char>(c)];
}

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > max_name_length) return false;
  const char first = text.front();
  return (is_ascii_letter(first) || is_ascii_digit(first) || first == '*') &&
         std::all_of(text.begin(), text.end(), is_name_character);
}

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

// The length of the parameter value that `text` starts with, or 0. The rules of a name's first
// character and length don't hold: boundaries often start with dashes.
std::size_t value_length(std::string_view text) {
  if (text.empty() || text.front() != '"') {
    const auto* end = std::find_if_not(text.begin(), text.end(), is_name_character);
    return static_cast<std::size_t>(end - text.begin());
  }
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\') ++i;
  }
  return 0;
}

Error invalid(const char* message) {
  return {ErrorCode::invalid_argument, message};
}

Result<void> check_parameters(std::string_view rest) {
  while (!rest.empty()) {
    skip_blanks(rest);
    if (rest.empty() || rest.front() != ';') return invalid("Invalid params");
    rest.remove_prefix(1);
    skip_blanks(rest);
    if (rest.empty()) return {};
    const auto equals = rest.find('=');
    if (rest.front() == ';' || equals == std::string_view::npos) return invalid("Invalid params");
    if (!is_name(rest.substr(0, equals))) return invalid("Invalid param name");
    rest.remove_prefix(equals + 1);
    const auto length = value_length(rest);
    if (length == 0) return invalid("Invalid param value");
    rest.remove_prefix(length);
    if (!rest.empty() && rest.find_first_of("; \t") != 0) return invalid("Invalid param value");
  }
  return {};
}

}  // namespace

Result<void> check_media_type(std::string_view text) {
  const auto slash = std::min(text.find('/'), text.size());
  if (slash == text.size() || !is_name(text.substr(0, slash))) return invalid("Invalid type name");
  text.remove_prefix(slash + 1);

  const auto end = std::min(text.find_first_of("; \t"), text.size());
  auto subtype = text.substr(0, end);
  const auto plus = subtype.rfind('+');
  if (plus != std::string_view::npos) {
    if (!is_name(subtype.substr(0, plus))) return invalid("Invalid subtype name");
    if (!is_name(subtype.substr(plus + 1))) return invalid("Invalid suffix");
  } else if (!is_name(subtype)) {
    return invalid("Invalid subtype name");
  }
  return check_parameters(text.substr(end));
}

}  // namespace objectstore
