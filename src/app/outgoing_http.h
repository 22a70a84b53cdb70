// How this process's HTTP clients reach other machines.
#pragma once

#include <optional>
#include <string>

#include "app/config.h"
#include "net/curl_http_client.h"

namespace objectstore {

// For requests to `url`'s scheme. Loopback and the metadata servers of clouds are never asked
// through a proxy.
[[nodiscard]] HttpClientSettings outgoing_http(const OutgoingNetwork& network,
                                               const std::string& url,
                                               const std::optional<std::string>& ca_file);

}  // namespace objectstore
