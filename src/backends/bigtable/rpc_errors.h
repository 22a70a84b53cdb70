// What a failed call to Bigtable is told as: what went wrong, and who can do what about it.
#pragma once

#include <string_view>

#include "base/error.h"
#include "net/rpc.h"

namespace objectstore::bigtable {

struct RpcErrorContext {
  std::string_view action;    // "reading a row"
  std::string_view table;     // "projects/…/instances/…/tables/…"
  std::string_view endpoint;  // "bigtable.googleapis.com:443"
};

// Precondition: `status` is not ok.
[[nodiscard]] Error rpc_error(const RpcStatus& status, const RpcErrorContext& context);

}  // namespace objectstore::bigtable
