// Completing a multipart upload (http-api.md section 10.6): the answer begins at once and is kept
// alive by a blank a second until the outcome is known.
#pragma once

#include "http/call.h"
#include "runtime/task.h"

namespace objectstore {

[[nodiscard]] Task<void> complete_upload(Call& call);

}  // namespace objectstore
