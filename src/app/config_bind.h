// From the merged value tree to Config.
#pragma once

#include "app/config.h"
#include "app/config_binder.h"
#include "app/config_value.h"

namespace objectstore {

// Binds the whole tree; keys not given keep their defaults. All problems go into `report`; where
// there are errors the result is only good for looking at.
[[nodiscard]] Config bind_config(const ConfigValue& root, BindReport& report);

}  // namespace objectstore
