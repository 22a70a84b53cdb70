#include "app/outgoing_http.h"

namespace objectstore {

HttpClientSettings outgoing_http(const OutgoingNetwork& network, const std::string& url,
                                 const std::optional<std::string>& ca_file) {
  HttpClientSettings settings;
  settings.ca_file = ca_file.value_or("");
  const bool plain = url.starts_with("http://");
  settings.proxy = (plain ? network.http_proxy : network.https_proxy).value_or("");
  settings.no_proxy =
      "localhost,127.0.0.1,::1,169.254.169.254,169.254.170.2,169.254.170.23,"
      "metadata.google.internal";
  if (network.no_proxy) settings.no_proxy += "," + *network.no_proxy;
  return settings;
}

}  // namespace objectstore
