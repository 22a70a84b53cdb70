#include "app/config.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <thread>

namespace objectstore {
namespace {

bool is_address(int family, const std::string& text) {
  in6_addr parsed{};  // large enough for both families
  return ::inet_pton(family, text.c_str(), &parsed) == 1;
}

}  // namespace

std::string ListenAddress::str() const {
  return is_v6() ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::optional<ListenAddress> ListenAddress::parse(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || text.find('\0') != std::string::npos) return std::nullopt;
  ListenAddress out;
  const auto* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, out.port);
  if (error != std::errc() || rest != end) return std::nullopt;
  out.host = text.substr(0, colon);
  if (out.host.size() > 2 && out.host.front() == '[' && out.host.back() == ']') {
    out.host = out.host.substr(1, out.host.size() - 2);
    if (!is_address(AF_INET6, out.host)) return std::nullopt;
  } else if (!is_address(AF_INET, out.host)) {
    return std::nullopt;
  }
  return out;
}

std::uint32_t RuntimeConfig::default_worker_threads() {
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace objectstore
