// Ports as texts.
#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace objectstore {

// A decimal number from 1 to 65535, and nothing else.
[[nodiscard]] inline bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port != 0;
}

}  // namespace objectstore
