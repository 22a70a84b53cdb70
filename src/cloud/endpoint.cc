#include "cloud/endpoint.h"

#include <algorithm>

#include "base/hide_credentials.h"
#include "base/port.h"
#include "model/text.h"

namespace objectstore {

namespace {

Error bad(std::string_view text, std::string_view why) {
  std::string message = "`";
  message.append(hide_address_credentials(text)).append("` ").append(why);
  return {ErrorCode::invalid_argument, std::move(message)};
}

// What stands before the port; an address of IP version 6 has colons of its own.
std::string_view name_of(std::string_view host) {
  const auto from = host.starts_with('[') ? host.find(']') : 0;
  return host.substr(0, host.find(':', from));
}

bool is_name(std::string_view name) {
  if (!name.starts_with('[')) return is_plain_name(name, "-._");
  return name.ends_with(']') && is_plain_name(name.substr(1, name.size() - 2), ".:");
}

bool is_host(std::string_view host) {
  const auto name = name_of(host);
  const bool has_port = name.size() < host.size();
  return is_name(name) && (!has_port || is_port(host.substr(name.size() + 1)));
}

}  // namespace

bool is_plain_name(std::string_view text, std::string_view others) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_ascii_letter(c) || is_ascii_digit(c) || others.find(c) != std::string_view::npos;
  });
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  if (text.find('@') != std::string_view::npos) {
    return bad(text, "has an @ in it: an endpoint holds no user name and no password");
  }
  Endpoint endpoint;
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (equals_ignoring_case(text.substr(0, scheme.size()), scheme)) endpoint.scheme = scheme;
  }
  if (endpoint.scheme.empty()) return bad(text, "is no http or https URL");
  const auto rest = text.substr(endpoint.scheme.size());
  const auto host = rest.substr(0, rest.find('/'));
  if (!is_host(host)) return bad(text, "has no plain host in it, with or without a port");
  endpoint.host = host;
  std::transform(endpoint.host.begin(), endpoint.host.end(), endpoint.host.begin(), to_lower_ascii);
  auto prefix = rest.substr(host.size());
  while (prefix.ends_with('/'))
    prefix.remove_suffix(1);
  if (!prefix.empty() && !is_plain_name(prefix, "-._~/%")) {
    return bad(text, "has a path that is not plain");
  }
  endpoint.prefix = prefix;
  return endpoint;
}

}  // namespace objectstore
