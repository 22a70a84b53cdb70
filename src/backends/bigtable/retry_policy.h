// Which requests to Bigtable are sent again.
#pragma once

#include <cstdint>

#include "net/rpc.h"

namespace objectstore::bigtable {

// What may be sent a second time.
enum class Repeat : std::uint8_t {
  idempotent,   // everything that may help
  never_begun,  // only what the server has certainly not begun with
};

// What the end of an attempt says about a request.
enum class Verdict : std::uint8_t {
  retry,    // send it again, after a while
  fail,     // refused: it has no effect, now or later, and the next one would go the same way
  unknown,  // it may have an effect, now or at any later time
};

// Precondition: `status` is not ok. `attempts` were made, this one counted. For what is idempotent
// `fail` and `unknown` only mean that another attempt is of no use.
[[nodiscard]] Verdict judge(const RpcStatus& status, Repeat repeat, int attempts);

}  // namespace objectstore::bigtable
