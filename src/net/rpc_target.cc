#include "net/rpc_target.h"

#include "base/hide_credentials.h"
#include "base/port.h"

namespace objectstore {

namespace {

Error not_a_target(std::string_view text) {
  return Error(ErrorCode::invalid_argument,
               "'" + hide_address_credentials(text) + "' is neither HOST:PORT nor unix:///PATH");
}

}  // namespace

std::string RpcTarget::authority() const {
  if (!unix_path.empty()) return "localhost";
  const auto name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == "443" ? name : name + ":" + port;
}

Result<RpcTarget> parse_rpc_target(std::string_view text) {
  RpcTarget target;
  target.text = text;
  if (text.starts_with("unix:")) {
    auto path = text.substr(5);
    if (path.starts_with("//")) path.remove_prefix(2);
    if (path.empty() || path.front() != '/') return not_a_target(text);
    target.unix_path = path;
    return target;
  }
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || !is_port(text.substr(colon + 1)))
    return not_a_target(text);
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return not_a_target(text);
  }
  if (host.empty() || host.find_first_of("/@") != std::string_view::npos) return not_a_target(text);
  target.host = host;
  target.port = text.substr(colon + 1);
  return target;
}

}  // namespace objectstore
