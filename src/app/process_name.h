// The name by which a process signs its entries in the change log.
#pragma once

#include <string>

#include "runtime/random.h"

namespace objectstore {

// Host name, process id and four random digits, as in `web-3:4121:9f3a`: in containers, ids come
// back with every start.
[[nodiscard]] std::string process_name(Random& random);

}  // namespace objectstore
