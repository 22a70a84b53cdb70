// Quotes from what a client has sent.
#pragma once

#include <cstddef>
#include <string_view>

namespace objectstore {

// Its first 64 bytes: a refusal says what is wrong without sending everything back.
[[nodiscard]] inline std::string_view shortened(std::string_view text) {
  constexpr std::size_t longest_quote = 64;
  return text.substr(0, longest_quote);
}

}  // namespace objectstore
