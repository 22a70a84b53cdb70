// One client connection: requests one after the other until either side ends it.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>

#include "http/connection_table.h"
#include "http/endpoints.h"
#include "http/settings.h"
#include "runtime/log.h"
#include "runtime/task.h"

namespace objectstore {

// What is passed by reference outlives the task. Runs on the loop of `table`; never throws.
[[nodiscard]] Task<void> serve_connection(boost::asio::ip::tcp::socket socket,
                                          ConnectionTable& table, Endpoints& endpoints,
                                          const ServerSettings& settings, Logger& logger);

}  // namespace objectstore
