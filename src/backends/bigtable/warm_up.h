// Makes a new connection ready for a table, so that its first requests are as fast as later ones.
#pragma once

#include <string>

#include "net/rpc.h"
#include "runtime/clock.h"

namespace objectstore::bigtable {

// One PingAndWarm. `instance` is "projects/…/instances/…", `app_profile` may be empty.
[[nodiscard]] Task<RpcStatus> warm_up(RpcTransport& connection, std::string instance,
                                      std::string app_profile, const Clock& clock);

}  // namespace objectstore::bigtable
