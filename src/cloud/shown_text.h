// Text of a store as people may see it.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace objectstore {

// Printable ASCII, cut at `longest` bytes.
[[nodiscard]] inline std::string shown_text(std::string_view text, std::size_t longest) {
  std::string out(text.substr(0, longest));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

}  // namespace objectstore
