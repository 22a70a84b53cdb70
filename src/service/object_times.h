// When an object comes into being, and when it goes.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "model/metadata.h"

namespace objectstore {

// Sets both times of an object that is stored now. invalid_argument where the deadline is past what
// can be stored; its message begins with "metadata error: ".
[[nodiscard]] Result<void> set_times(Metadata& metadata, WallTime now);

}  // namespace objectstore
