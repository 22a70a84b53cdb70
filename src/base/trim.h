// Text without the blanks around it.
#pragma once

#include <string_view>

namespace objectstore {

// Blanks are spaces, tabs and ends of lines.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const auto begin = text.find_first_not_of(blank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

}  // namespace objectstore
