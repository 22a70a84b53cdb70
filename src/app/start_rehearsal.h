// What of a configuration would end a start on this machine.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"

namespace objectstore {

struct StartFindings {
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
};

// Makes what a start makes before it opens a store, in the same way, and drops it: reads the files
// of keys, certificate, options and credentials, looks up the host that metrics are sent to, and
// prepares stores on other machines. Blocks; asks none of those, and changes nothing.
[[nodiscard]] StartFindings rehearse_start(const Config& config);

}  // namespace objectstore
