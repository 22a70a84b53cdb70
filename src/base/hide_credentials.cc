#include "base/hide_credentials.h"

namespace objectstore {

namespace {

constexpr std::string_view hidden = "***";

}  // namespace

std::string hide_credentials(std::string_view text) {
  std::string out;
  for (;;) {
    const auto scheme = text.find("://");
    if (scheme == std::string_view::npos) return out.append(text);
    out.append(text.substr(0, scheme + 3));
    text.remove_prefix(scheme + 3);
    const auto authority = text.substr(0, text.find_first_of("/?#"));
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
      out.append(hidden);
      text.remove_prefix(at);
    }
  }
}

std::string hide_address_credentials(std::string_view address) {
  const auto at = address.rfind('@');
  if (at == std::string_view::npos) return std::string(address);
  return std::string(hidden).append(address.substr(at));
}

}  // namespace objectstore
