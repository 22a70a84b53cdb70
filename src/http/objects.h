// The endpoints of single objects (http-api.md section 7).
#pragma once

#include "http/call.h"
#include "runtime/task.h"

namespace objectstore {

[[nodiscard]] Task<void> get_object(Call& call);
[[nodiscard]] Task<void> head_object(Call& call);
// PUT, or POST to the collection.
[[nodiscard]] Task<void> store_object(Call& call);
[[nodiscard]] Task<void> delete_object(Call& call);

}  // namespace objectstore
